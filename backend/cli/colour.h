#pragma once

#include <cstdint>
#include <string>

namespace inferno::cli {

struct Rgb {
  std::uint8_t r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

enum class ColourDepth : std::uint8_t { kNone, k256, kTrueColour };
enum class Background : std::uint8_t { kDark, kLight };

// Cividis, a colour scale that is even in lightness and safe for colour-blind eyes;
// `t` from 0 (dark blue) to 1 (yellow).
Rgb cividis(double t);

// The colour of text for a token of this raw probability. A sure token is a calm
// grey; the less probable, the further from the background: towards yellow on a
// dark terminal, towards dark blue on a light one.
Rgb probability_colour(double raw_probability, Background background);

// The escape sequence that sets the colour of text; empty for kNone.
std::string foreground(Rgb colour, ColourDepth depth);

}  // namespace inferno::cli
