#include "cli/debug/line_editor.h"

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <system_error>

#include <fmt/format.h>
#include <histedit.h>
#include <unistd.h>

namespace inferno::cli::debug {

namespace {

constexpr int kHistoryLines = 1000;

std::string common_beginning(const std::vector<std::string>& words) {
  std::string beginning = words.front();
  for (const std::string& word : words) {
    std::size_t n = 0;
    while (n < beginning.size() && n < word.size() && beginning[n] == word[n]) ++n;
    beginning.resize(n);
  }
  return beginning;
}

// libedit reads characters by the locale; text here is UTF-8.
void use_utf8() {
  const char* set = std::setlocale(LC_CTYPE, "");
  if (set == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

}  // namespace

struct LineEditor::Impl {
  Impl(WaitReadable wait_for, Complete complete_with, std::filesystem::path file)
      : wait(std::move(wait_for)), complete(std::move(complete_with)), history_file(std::move(file)) {
    use_utf8();
    editor = el_init("inferno", stdin, stdout, stderr);
    past = history_init();
    HistEvent event;
    history(past, &event, H_SETSIZE, kHistoryLines);
    history(past, &event, H_SETUNIQUE, 1);
    if (!history_file.empty()) history(past, &event, H_LOAD, history_file.c_str());
    el_set(editor, EL_CLIENTDATA, this);
    el_set(editor, EL_PROMPT, &prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_SIGNAL, 1);
    el_set(editor, EL_HIST, history, past);
    el_set(editor, EL_GETCFN, &get_character);
    el_set(editor, EL_ADDFN, "inferno-complete", "Completes a command", &complete_word);
    el_set(editor, EL_BIND, "^I", "inferno-complete", nullptr);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor, nullptr);
  }
  ~Impl() {
    history_end(past);
    el_end(editor);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static Impl& of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }

  static char* prompt(EditLine*) {
    static char text[] = "(inferno) ";
    return text;
  }

  // One character from the terminal; 0: the end, -1: interrupted.
  static int get_character(EditLine* editor, wchar_t* character) {
    Impl& self = of(editor);
    std::mbstate_t state{};
    while (true) {
      if (self.wait(STDIN_FILENO) != EngineSession::Readiness::kReadable) {
        self.interrupted = true;
        errno = EINTR;
        return -1;
      }
      char byte = 0;
      const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) return static_cast<int>(n);
      const std::size_t length = std::mbrtowc(character, &byte, 1, &state);
      if (length == static_cast<std::size_t>(-2)) continue;  // a part of a character
      if (length == static_cast<std::size_t>(-1)) {
        state = std::mbstate_t{};
        continue;
      }
      if (length == 0) *character = L'\0';
      return 1;
    }
  }

  static unsigned char complete_word(EditLine* editor, int) {
    const LineInfo* info = el_line(editor);
    const std::string_view line(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
    const std::vector<std::string> words = of(editor).complete(line);
    if (words.empty()) return CC_ERROR;
    const std::size_t cut = line.find_last_of(" \t");
    const std::size_t typed = cut == std::string_view::npos ? line.size() : line.size() - cut - 1;
    std::string rest = common_beginning(words).substr(typed);
    if (words.size() == 1) rest += ' ';
    if (!rest.empty()) return el_insertstr(editor, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    fmt::print("\n{}\n", fmt::join(words, "  "));
    return CC_REDISPLAY;
  }

  WaitReadable wait;
  Complete complete;
  std::filesystem::path history_file;
  EditLine* editor = nullptr;
  History* past = nullptr;
  bool interrupted = false;
};

LineEditor::LineEditor(WaitReadable wait, Complete complete, std::filesystem::path history_file)
    : impl_(std::make_unique<Impl>(std::move(wait), std::move(complete), std::move(history_file))) {}
LineEditor::~LineEditor() = default;

LineSource::Outcome LineEditor::read(std::string& line) {
  impl_->interrupted = false;
  std::fflush(stdout);
  el_resize(impl_->editor);
  int count = 0;
  const char* text = el_gets(impl_->editor, &count);
  if (impl_->interrupted) {
    fmt::print("^C\n");
    el_reset(impl_->editor);
    return Outcome::kInterrupted;
  }
  if (text == nullptr || count <= 0) {
    fmt::print("\n");
    return Outcome::kEnd;
  }
  line.assign(text, static_cast<std::size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  if (line.find_first_not_of(" \t") == std::string::npos) return Outcome::kLine;
  HistEvent event;
  history(impl_->past, &event, H_ENTER, line.c_str());
  if (!impl_->history_file.empty()) history(impl_->past, &event, H_SAVE, impl_->history_file.c_str());
  return Outcome::kLine;
}

std::string LineEditor::newest(std::size_t n) const {
  std::string text;
  HistEvent event;
  std::size_t taken = 0;
  for (int more = history(impl_->past, &event, H_FIRST); more != -1 && taken < n;
       more = history(impl_->past, &event, H_NEXT), ++taken) {
    text.insert(0, fmt::format("{:>5}  {}\n", event.num, event.str));
  }
  return text;
}

}  // namespace inferno::cli::debug
