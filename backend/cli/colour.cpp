#include "cli/colour.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace inferno::cli {

namespace {

// Cividis at 0, 1/8 … 1 (Nuñez, Anderton and Renslow, PLOS ONE 2018).
constexpr std::array<Rgb, 9> kCividis{{{0, 34, 78},
                                       {26, 56, 111},
                                       {67, 78, 108},
                                       {97, 101, 111},
                                       {125, 124, 120},
                                       {155, 149, 117},
                                       {188, 175, 106},
                                       {221, 203, 83},
                                       {254, 232, 56}}};

std::uint8_t between(std::uint8_t a, std::uint8_t b, double t) {
  return static_cast<std::uint8_t>(std::lround(a + (b - a) * t));
}

// The nearest colour of the 6×6×6 cube that terminals with 256 colours have.
int cube_index(std::uint8_t channel) {
  static constexpr std::array<int, 6> kLevels{0, 95, 135, 175, 215, 255};
  const auto nearer = [channel](int a, int b) { return std::abs(a - channel) < std::abs(b - channel); };
  return static_cast<int>(std::min_element(kLevels.begin(), kLevels.end(), nearer) - kLevels.begin());
}

}  // namespace

Rgb cividis(double t) {
  const double at = std::clamp(t, 0.0, 1.0) * (kCividis.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(at), kCividis.size() - 2);
  const double part = at - static_cast<double>(i);
  const Rgb& a = kCividis[i];
  const Rgb& b = kCividis[i + 1];
  return {between(a.r, b.r, part), between(a.g, b.g, part), between(a.b, b.b, part)};
}

Rgb probability_colour(double raw_probability, Background background) {
  // The middle of the scale is grey, its ends are the salient colours.
  const double surprise = (1.0 - std::clamp(raw_probability, 0.0, 1.0)) / 2;
  return cividis(background == Background::kDark ? 0.5 + surprise : 0.5 - surprise);
}

std::string foreground(Rgb colour, ColourDepth depth) {
  switch (depth) {
    case ColourDepth::kTrueColour:
      return fmt::format("\x1b[38;2;{};{};{}m", colour.r, colour.g, colour.b);
    case ColourDepth::k256:
      return fmt::format("\x1b[38;5;{}m",
                         16 + 36 * cube_index(colour.r) + 6 * cube_index(colour.g) + cube_index(colour.b));
    case ColourDepth::kNone:
      break;
  }
  return {};
}

}  // namespace inferno::cli
