#include "engine/chat_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string_view>

#include "engine/printable.h"

namespace inferno::engine {
namespace {

struct Marked {
  std::string marker;
  std::string_view content;
};

// A marker no text contains by chance, of letters only: templates trim, split and
// compare contents, but leave such a word alone.
std::string make_marker(std::size_t index) {
  static std::random_device device;
  std::string word = "Inferno";
  for (int i = 0; i < 4; ++i) {
    for (std::uint32_t bits = device(), n = 0; n < 6; ++n, bits >>= 4) word += static_cast<char>('a' + (bits & 15));
  }
  return word + "Q" + std::to_string(index) + "Z";
}

Error uncertain(std::string_view content) {
  return {
      ErrorCode::kBadTemplate,
      fmt::format("a message names a control token (\"{}\"), and the chat template changes, repeats or leaves out that "
                  "message, so that it is not certain which control tokens are the template's own",
                  printable(content, 60)),
      "Set parse_special to let control tokens in messages count, or take their names out of the message."};
}

std::string_view trimmed(std::string_view text, bool left, bool right) {
  constexpr std::string_view kSpaces = " \t\n\r\f\v";
  const std::size_t first = left ? text.find_first_not_of(kSpaces) : 0;
  if (first == std::string_view::npos) return {};
  const std::size_t last = right ? text.find_last_not_of(kSpaces) : text.size() - 1;
  return last == std::string_view::npos ? std::string_view{} : text.substr(first, last + 1 - first);
}

// `with_markers` cut at the markers: one piece more than there are. Absent where a
// marker is missing, doubled or out of order.
std::optional<std::vector<std::string_view>> cut_at(const std::vector<Marked>& marked, std::string_view with_markers) {
  std::vector<std::string_view> pieces;
  std::size_t from = 0;
  for (const Marked& mark : marked) {
    const std::size_t at = with_markers.find(mark.marker);
    if (at == std::string_view::npos || at < from) return std::nullopt;
    if (with_markers.find(mark.marker, at + 1) != std::string_view::npos) return std::nullopt;
    pieces.push_back(with_markers.substr(from, at - from));
    from = at + mark.marker.size();
  }
  pieces.push_back(with_markers.substr(from));
  return pieces;
}

// Lays the template's pieces and the contents, whole or trimmed as templates do,
// along the real text. Absent where they do not make it up exactly.
std::optional<std::vector<TextRange>> lay_along(std::string_view text, const std::vector<std::string_view>& pieces,
                                                const std::vector<Marked>& marked) {
  std::vector<TextRange> ranges;
  std::size_t at = 0;
  const auto takes = [&](std::string_view part) { return text.substr(at, part.size()) == part; };
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (!takes(pieces[i])) return std::nullopt;
    at += pieces[i].size();
    const std::string_view content = marked[i].content;
    const std::array<std::string_view, 4> forms = {content, trimmed(content, true, true), trimmed(content, false, true),
                                                   trimmed(content, true, false)};
    const std::string_view* form = nullptr;
    for (const std::string_view& candidate : forms) {
      const std::string_view rest = text.substr(std::min(at + candidate.size(), text.size()));
      if (form == nullptr && takes(candidate) && rest.substr(0, pieces[i + 1].size()) == pieces[i + 1])
        form = &candidate;
    }
    if (form == nullptr) return std::nullopt;
    ranges.push_back({at, at + form->size()});
    at += form->size();
  }
  if (text.substr(at) != pieces.back()) return std::nullopt;
  return ranges;
}

}  // namespace

Result<ChatText> render_chat(const ChatTemplate& chat_template, const ControlNames& names,
                             const std::vector<ChatMessage>& messages) {
  std::vector<ChatMessage> with_markers = messages;
  std::vector<Marked> marked;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (names.any_in(messages[i].role)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("the role \"{}\" names a control token", printable(messages[i].role, 60)),
                   "Roles are words such as system, user and assistant."};
    }
    if (!names.any_in(messages[i].content)) continue;
    marked.push_back({make_marker(i), messages[i].content});
    with_markers[i].content = marked.back().marker;
  }

  Result<std::string> text = chat_template.render(messages);
  if (!text) return text.error();
  if (marked.empty()) return ChatText{std::move(*text), {}};

  const Result<std::string> other = chat_template.render(with_markers);
  if (!other) return other.error();
  const auto pieces = cut_at(marked, *other);
  if (!pieces) return uncertain(marked.front().content);
  auto ranges = lay_along(*text, *pieces, marked);
  if (!ranges) return uncertain(marked.front().content);
  return ChatText{std::move(*text), std::move(*ranges)};
}

}  // namespace inferno::engine
