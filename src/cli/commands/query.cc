// `query`: SQL from an argument, a file or standard input; the result to the console or a file.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <sstream>

#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "cli/query_request.h"
#include "cli/shown.h"
#include "cli/text_input.h"

namespace tidemill::cli {
namespace {

// The file of --output. Made at the first piece, so that a refused query leaves no file.
class OutputFile {
 public:
  explicit OutputFile(std::string path) : path_(std::move(path)) {}
  Status Write(std::string_view piece) {
    if (!file_.is_open()) file_.open(path_, std::ios::binary | std::ios::trunc);
    file_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return Check();
  }
  Status Close() {
    TRY(Write(""));  // an empty result is an empty file
    file_.close();
    return Check();
  }

 private:
  Status Check() const {
    if (file_) return Ok();
    return IoError("cannot write to '" + Shown(path_) + "': " + std::strerror(errno));
  }
  const std::string path_;
  std::ofstream file_;
};

class Query final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    Connection::DeclareDatabase(arguments, request_.database);
    input_.Declare(arguments, "QUERY");
    arguments.Add(Flag{.name = "language",
                       .letter = 'l',
                       .placeholder = "LANGUAGE",
                       .help = "sql; influxql is not there yet (sql)",
                       .set = CheckLanguage});
    DeclareFormat(arguments, request_.format, true);
    arguments.Add(Flag{.name = "output",
                       .letter = 'o',
                       .placeholder = "FILE",
                       .help = "Write the result to this file",
                       .is_path = true,
                       .set = Text(output_)});
    connection_.DeclareHostOverride(arguments, "query-host", "INFLUXDB3_QUERY_HOST_URL");
    connection_.Declare(arguments);
  }

  Status Check() override { return input_.Check(); }

  Status Run(Context& context) override {
    if (request_.format == "parquet" && output_.empty() && context.console.out_is_terminal) {
      return InvalidError("parquet is not for a terminal: give --output FILE");
    }
    TRY_ASSIGN(const auto in, input_.Open(context));
    std::ostringstream text;
    text << in->rdbuf();
    request_.text = Trim(text.str());
    if (request_.text.empty()) return InvalidError("the query is empty");
    if (!IsValidUtf8(request_.text)) return InvalidError("the query is not UTF-8 text");
    TRY_ASSIGN(const auto client, connection_.Open(context));
    if (output_.empty()) return PrintQuery(*client, request_, context.console);
    OutputFile file(output_);
    TRY(SendQuery(*client, request_, [&](std::string_view piece) { return file.Write(piece); }));
    return file.Close();
  }

 private:
  static Status CheckLanguage(const std::string& language) {
    if (language == "sql") return Ok();
    return InvalidError(language == "influxql" ? "InfluxQL is not there yet, expected sql"
                                               : "expected sql");
  }

  Connection connection_;
  TextInput input_{"query"};
  QueryRequest request_;
  std::string output_;
};

}  // namespace

std::unique_ptr<Command> MakeQuery() { return std::make_unique<Query>(); }

}  // namespace tidemill::cli
