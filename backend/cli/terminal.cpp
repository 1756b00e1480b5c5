#include "cli/terminal.h"

#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace inferno::cli {

namespace {

std::string_view variable(const Terminal::Environment& getenv, const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

ColourDepth depth_of(const Terminal::Environment& getenv) {
  const std::string_view colorterm = variable(getenv, "COLORTERM");
  if (colorterm == "truecolor" || colorterm == "24bit") return ColourDepth::kTrueColour;
  return ColourDepth::k256;
}

// Some terminals tell their colours as "foreground;background" in the 16-colour
// palette, where 7 and 15 are the whites.
Background background_of(const Terminal::Environment& getenv) {
  const std::string_view colours = variable(getenv, "COLORFGBG");
  const bool light = colours.ends_with(";7") || colours.ends_with(";15");
  return light ? Background::kLight : Background::kDark;
}

}  // namespace

Terminal::Terminal(bool is_terminal, const Environment& getenv, ColourChoice choice) : is_terminal_(is_terminal) {
  const bool wants_none = !variable(getenv, "NO_COLOR").empty() || variable(getenv, "TERM") == "dumb";
  const bool colours = choice == ColourChoice::kAlways || (choice == ColourChoice::kAuto && is_terminal && !wants_none);
  if (colours) depth_ = depth_of(getenv);
  background_ = background_of(getenv);
}

Terminal Terminal::of(std::FILE* stream, ColourChoice choice) {
  return Terminal(
      ::isatty(::fileno(stream)) != 0, [](const char* name) { return std::getenv(name); }, choice);
}

std::string Terminal::coloured(const std::string& text, double raw_probability) const {
  if (depth_ == ColourDepth::kNone || text.empty()) return text;
  return foreground(probability_colour(raw_probability, background_), depth_) + text + "\x1b[0m";
}

std::string Terminal::styled(const char* code, const std::string& text) const {
  if (depth_ == ColourDepth::kNone || text.empty()) return text;
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace inferno::cli
