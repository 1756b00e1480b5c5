#include "cli/finish_words.h"

#include <fmt/format.h>

#include "protocol/message.h"

namespace inferno::cli {

std::string reason_in_words(const pb::FinishedT& finished) {
  switch (finished.reason) {
    case pb::FinishReason::EndOfText:
      return "the model ended the text";
    case pb::FinishReason::Limit:
      return "token limit reached";
    case pb::FinishReason::StopString:
      return fmt::format("stop string {:?} met", finished.stop_string);
    case pb::FinishReason::Stopped:
      return "stopped";
    case pb::FinishReason::ContextFull:
      return "the context is full";
    case pb::FinishReason::TimeLimit:
      return "time limit reached";
    case pb::FinishReason::Failed:
      return "failed";
    case pb::FinishReason::EngineDied:
      return "the engine died";
  }
  return "ended";
}

}  // namespace inferno::cli
