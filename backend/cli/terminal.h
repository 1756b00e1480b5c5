#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "cli/colour.h"

namespace inferno::cli {

enum class ColourChoice : std::uint8_t { kAuto, kAlways, kNever };

// What a standard stream can show. Immutable.
class Terminal {
 public:
  using Environment = std::function<const char*(const char*)>;

  Terminal(bool is_terminal, const Environment& getenv, ColourChoice choice);
  // Of a real stream and the process's environment.
  static Terminal of(std::FILE* stream, ColourChoice choice);

  bool is_terminal() const { return is_terminal_; }
  ColourDepth depth() const { return depth_; }
  Background background() const { return background_; }

  // The text in a style, or as it is where there are no colours.
  std::string dim(const std::string& text) const { return styled("2", text); }
  std::string bold(const std::string& text) const { return styled("1", text); }
  std::string coloured(const std::string& text, double raw_probability) const;

 private:
  std::string styled(const char* code, const std::string& text) const;

  bool is_terminal_;
  ColourDepth depth_ = ColourDepth::kNone;
  Background background_ = Background::kDark;
};

// Columns of the terminal behind standard error; 80 where it does not tell.
int terminal_columns();

}  // namespace inferno::cli
