#include "workload.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>
#include <map>

#include "base/crc32c.h"
#include "model/trigger_spec.h"

namespace tidemill::crash {
namespace {

constexpr int kDatabases = 3;
constexpr int kTables = 4;
constexpr int kTriggers = 3;
constexpr std::int64_t kBaseTime = 1'700'000'000'000'000'000;

std::string Word(std::uint64_t value) { return fmt::format("#{:x}", value); }

}  // namespace

Workload::Workload(Oracle& oracle, testing::ManualClock& clock, testing::SeededRandom& random,
                   IsDead is_dead, Options options)
    : oracle_(oracle),
      clock_(clock),
      random_(random),
      is_dead_(std::move(is_dead)),
      options_(options) {}

void Workload::Run(Stack& stack, int steps) {
  for (int step = 0; step < steps && !is_dead_(); ++step) {
    Burst(stack);
    clock_.Advance(std::chrono::milliseconds(Below(1500)));
    if (options_.with_flushes && OneIn(6)) static_cast<void>(stack.Flush());
    if (OneIn(3)) Look(stack);
  }
  Look(stack);
}

Status Workload::WriteOnce(Stack& stack) { return Send(stack, MakeRequest()); }

Status Workload::WriteKnown(Stack& stack) {
  Request request;
  request.write.database = "d0";
  request.facts["database d0"] = "";
  AddRow("t0", false, request);
  return Send(stack, std::move(request));
}

Status Workload::CreateDatabase(Stack& stack) {
  const Change change = MakeDatabase();
  return AnswerChange(change, Await(stack.StartChange(change.change)));
}

Status Workload::Send(Stack& stack, Request request) {
  request.write.no_sync = false;
  const std::size_t number = oracle_.Send(request.rows, request.facts);
  return Answer(number, false, Await(stack.StartWrite(std::move(request.write))));
}

void Workload::Look(Stack& stack) {
  const Result<Rows> all = stack.Read();
  if (all.ok())
    oracle_.SeeAll(*all);
  else
    oracle_.SeePart(stack.ReadMemory());
}

// Writes, and at times a change and a flush, all on their way together.
void Workload::Burst(Stack& stack) {
  struct Sent {
    std::size_t number;
    bool no_sync;
    Completion<WriteResult> done;
  };
  std::vector<Sent> sent;
  std::optional<std::pair<Change, Completion<ChangeResult>>> change;
  for (auto left = 1 + Below(static_cast<std::uint64_t>(options_.writes_at_once_max)); left > 0;
       --left) {
    Request request = MakeRequest();
    const std::size_t number = oracle_.Send(request.rows, request.facts);
    const bool no_sync = request.write.no_sync;
    sent.push_back({number, no_sync, stack.StartWrite(std::move(request.write))});
    if (options_.with_changes && !change && OneIn(5)) {
      Change made = MakeChange(stack);
      auto done = stack.StartChange(made.change);
      change.emplace(std::move(made), std::move(done));
    }
  }
  if (options_.with_flushes && OneIn(8)) static_cast<void>(stack.Flush());
  for (const Sent& write : sent) {
    static_cast<void>(Answer(write.number, write.no_sync, Await(write.done)));
  }
  if (change) static_cast<void>(AnswerChange(change->first, Await(change->second)));
}

Workload::Request Workload::MakeRequest() {
  Request request;
  request.write.database = fmt::format("d{}", Below(kDatabases));
  request.write.precision = model::Precision::kNanosecond;
  request.write.no_sync = options_.with_no_sync && OneIn(10);
  request.facts["database " + request.write.database] = "";
  for (auto tables = OneIn(3) ? 2 : 1; tables > 0; --tables) {
    const std::string table = fmt::format("t{}", Below(kTables));
    for (auto rows = 1 + Below(options_.rows_max); rows > 0; --rows) AddRow(table, true, request);
  }
  if (OneIn(10)) {  // a line that is refused: the column is an integer
    const std::string& table = request.rows.begin()->first;
    request.write.body +=
        fmt::format("{},writer=w0 seq=\"no\" 1\n", table.substr(table.find('.') + 1));
  }
  return request;
}

void Workload::AddRow(const std::string& table, bool with_columns, Request& request) {
  const std::uint64_t row = next_row_++;
  const auto time = kBaseTime + static_cast<std::int64_t>(row);
  const std::string writer = fmt::format("w{}", row % 7);
  const std::uint64_t crc = Crc32c(std::to_string(row));
  std::string fields = fmt::format("crc={}i,seq={}i", crc, row);
  std::map<std::string, std::string> cells = {
      {"crc", Word(crc)}, {"seq", Word(row)}, {"t", std::to_string(time)}, {"writer", writer}};
  const std::string name = request.write.database + "." + table;
  request.facts["table " + name] = "";
  for (const char* field : {"crc", "seq"}) {
    request.facts[fmt::format("column {}.{}", name, field)] = "iox::column_type::field::integer";
  }
  request.facts["column " + name + ".writer"] = "iox::column_type::tag";
  if (with_columns && OneIn(2)) {  // more columns as time goes by, one type each
    const auto number = static_cast<int>(Below(2 + row / 20));
    std::string text;
    AddColumn(name, number, request, fields, text);
    cells[fmt::format("c{}", number)] = text;
  }
  if (options_.text_bytes_max > 0) {
    std::string text(1 + Below(options_.text_bytes_max), ' ');
    for (char& c : text) c = static_cast<char>('a' + Below(26));
    fields += fmt::format(",text=\"{}\"", text);
    request.facts["column " + name + ".text"] = "iox::column_type::field::string";
    cells["text"] = std::move(text);
  }
  request.write.body += fmt::format("{},writer={} {} {}\n", table, writer, fields, time);
  std::string text;
  for (const auto& [column, value] : cells) text += fmt::format(" {}={}", column, value);
  request.rows[name].push_back(text.substr(1));
}

void Workload::AddColumn(const std::string& table, int number, Request& request,
                         std::string& fields, std::string& cell) {
  const std::uint64_t value = Below(1000);
  const char* type = "";
  std::string text;
  switch (number % 4) {
    case 0:
      type = "float";
      text = fmt::format("{}.5", value);
      cell = Word(std::bit_cast<std::uint64_t>(static_cast<double>(value) + 0.5));
      break;
    case 1:
      type = "uinteger";
      text = fmt::format("{}u", value);
      cell = Word(value);
      break;
    case 2:
      type = "boolean";
      text = value % 2 == 0 ? "false" : "true";
      cell = Word(value % 2);
      break;
    default:
      type = "string";
      text = fmt::format("\"s{}\"", value);
      cell = fmt::format("s{}", value);
  }
  fields += fmt::format(",c{}={}", number, text);
  request.facts[fmt::format("column {}.c{}", table, number)] =
      fmt::format("iox::column_type::field::{}", type);
}

// Of databases and tables that are new, and of things that can change back and forth.
Workload::Change Workload::MakeChange(const Stack& stack) {
  const Facts facts = stack.ReadFacts();
  const std::string database = fmt::format("d{}", Below(kDatabases));
  const std::string trigger = fmt::format("g{}", Below(kTriggers));
  const std::string key = "trigger " + database + "." + trigger;
  if (!facts.contains("database " + database) || OneIn(4)) {
    return MakeDatabase();
  }
  if (OneIn(3)) {
    const std::string name = fmt::format("n{}", next_name_++);
    catalog::TableDelta table{name, {}};
    table.columns.push_back({"tag", model::ColumnKind::kTag, model::DataType::kString});
    return {catalog::CreateTable{database, table}, "table " + database + "." + name, ""};
  }
  if (OneIn(3)) {
    const std::chrono::hours retention(24 * 10'000 + static_cast<int>(Below(1000)));
    const std::chrono::nanoseconds nanos = retention;
    return {catalog::SetRetention{database, nanos}, "retention " + database,
            fmt::format("{} ns", nanos.count())};
  }
  const auto there = facts.find(key);
  if (there == facts.end()) {
    model::Trigger made;
    made.name = trigger;
    made.plugin_filename = "p.py";
    made.spec = model::OnAllTables{};
    return {catalog::CreateTrigger{database, made}, key, "enabled"};
  }
  if (OneIn(3)) return {catalog::DeleteTrigger{database, trigger}, key, std::nullopt};
  const bool disable = there->second == "enabled";
  return {catalog::SetTriggerDisabled{database, trigger, disable, "", clock_.Now()}, key,
          disable ? "disabled" : "enabled"};
}

Workload::Change Workload::MakeDatabase() {
  const std::string name = fmt::format("n{}", next_name_++);
  return {catalog::CreateDatabase{name, std::nullopt}, "database " + name, ""};
}

Status Workload::Answer(std::size_t write, bool no_sync, const WriteResult& outcome) {
  if (!outcome.ok()) {
    oracle_.Answer(write, ToldBy(outcome.error(), is_dead_()));
    return outcome.error();
  }
  oracle_.Answer(write, no_sync ? Told::kUnknown : Told::kStored);
  return Ok();
}

Status Workload::AnswerChange(const Change& change, const ChangeResult& outcome) {
  const Told told = outcome.ok() ? Told::kStored : ToldBy(outcome.error(), is_dead_());
  oracle_.AnswerChange(change.key, change.value, told);
  if (change.key.starts_with("table ")) {
    oracle_.AnswerChange("column " + change.key.substr(6) + ".tag", "iox::column_type::tag", told);
  }
  return outcome.ok() ? Ok() : Status(outcome.error());
}

}  // namespace tidemill::crash
