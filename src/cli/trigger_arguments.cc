#include "cli/trigger_arguments.h"

#include "base/strings.h"

namespace tidemill::cli {

Status AddTriggerArguments(std::string_view text, std::map<std::string, std::string>& into) {
  std::string* last_value = nullptr;
  for (const std::string_view piece : Split(text, ',')) {
    const std::size_t equals = piece.find('=');
    if (equals != std::string_view::npos) {
      if (equals == 0) return InvalidError("a key is empty: must be formatted as \"key=value\"");
      last_value = &into[std::string(piece.substr(0, equals))];
      *last_value = piece.substr(equals + 1);
    } else if (last_value != nullptr) {
      *last_value += ',';
      *last_value += piece;
    } else {
      return InvalidError("must be formatted as \"key=value\"");
    }
  }
  return Ok();
}

}  // namespace tidemill::cli
