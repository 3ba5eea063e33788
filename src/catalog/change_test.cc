#include "catalog/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/names.h"

namespace tidemill::catalog {
namespace {

using model::ColumnKind;
using model::DataType;
using testing::HasSubstr;
using Arguments = std::map<std::string, std::string>;
using SnapshotPtr = std::shared_ptr<const Snapshot>;

const model::Limits kLimits;

NewColumn Tag(std::string name) { return {std::move(name), ColumnKind::kTag, DataType::kString}; }
NewColumn Field(std::string name, DataType type = DataType::kFloat64) {
  return {std::move(name), ColumnKind::kField, type};
}
model::Trigger ExampleTrigger(std::string name = "alert") {
  model::Trigger trigger;
  trigger.name = std::move(name);
  trigger.plugin_filename = "alert.py";
  trigger.spec = model::ParseTriggerSpec("table:cpu").value();
  return trigger;
}

// A catalog with `_internal`, and what `changes` make of it.
SnapshotPtr Make(const std::vector<Change>& changes, const model::Limits& limits = kLimits) {
  Snapshot first;
  auto internal = std::make_shared<Database>();
  internal->id = DatabaseId(first.next_database++);
  internal->name = std::string(model::kInternalDatabase);
  first.databases[internal->name] = internal;
  first.databases_by_id[internal->id] = internal;
  SnapshotPtr snapshot = std::make_shared<const Snapshot>(std::move(first));
  for (const Change& change : changes) snapshot = Apply(*snapshot, change, limits).value();
  return snapshot;
}

void ExpectRefused(const SnapshotPtr& before, const Change& change, ErrorCode code,
                   std::string_view message_part, const model::Limits& limits = kLimits) {
  SCOPED_TRACE(message_part);
  const std::string text_before = EncodeSnapshot(*before);
  const auto after = Apply(*before, change, limits);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code, code);
  EXPECT_THAT(after.error().message, HasSubstr(std::string(message_part)));
  EXPECT_EQ(EncodeSnapshot(*before), text_before);
}

constexpr std::string_view kExists = "attempted to create a resource that already exists";

TEST(CreateDatabase, GivesAnIdAndKeepsTheRetention) {
  const auto snapshot =
      Make({CreateDatabase{"a", std::chrono::hours(24)}, CreateDatabase{"b", {}}});
  ASSERT_NE(snapshot->FindDatabase("a"), nullptr);
  EXPECT_EQ(snapshot->FindDatabase("a")->retention, std::chrono::hours(24));
  EXPECT_EQ(snapshot->FindDatabase("b")->retention, std::nullopt);
  EXPECT_EQ(snapshot->FindDatabase("b")->id, DatabaseId(3));
  EXPECT_EQ(snapshot->FindDatabase(DatabaseId(3)), snapshot->FindDatabase("b"));
  EXPECT_EQ(snapshot->FindDatabase(DatabaseId(9)), nullptr);
  EXPECT_EQ(snapshot->sequence, 2u);
  EXPECT_THAT(snapshot->DatabaseNames(), testing::ElementsAre("_internal", "a", "b"));
}

TEST(CreateDatabase, RefusesTakenAndBadNamesAndTooMany) {
  const auto before = Make({CreateDatabase{"a", {}}});
  ExpectRefused(before, CreateDatabase{"a", {}}, ErrorCode::kConflict, kExists);
  ExpectRefused(before, CreateDatabase{"_internal", {}}, ErrorCode::kConflict, kExists);
  ExpectRefused(before, CreateDatabase{"a b", {}}, ErrorCode::kInvalid, "invalid database name");
  // `_internal` does not count: one more fits under a limit of two.
  model::Limits limits;
  limits.databases_max = 2;
  const auto full = Make({CreateDatabase{"a", {}}, CreateDatabase{"b", {}}}, limits);
  ExpectRefused(full, CreateDatabase{"c", {}}, ErrorCode::kLimit,
                "Adding a new database would exceed limit of 2 databases", limits);
  ExpectRefused(full, ExtendSchema{"c", {{"t", {Field("f")}}}}, ErrorCode::kLimit,
                "Adding a new database would exceed limit of 2 databases", limits);
  ExpectRefused(full, CreateDatabase{"b", {}}, ErrorCode::kConflict, kExists, limits);
}

TEST(SetRetention, ChangesAndClears) {
  const auto set = Make({CreateDatabase{"a", {}}, SetRetention{"a", std::chrono::hours(1)}});
  EXPECT_EQ(set->FindDatabase("a")->retention, std::chrono::hours(1));
  const auto cleared = Apply(*set, SetRetention{"a", std::nullopt}, kLimits).value();
  EXPECT_EQ(cleared->FindDatabase("a")->retention, std::nullopt);
  EXPECT_EQ(set->FindDatabase("a")->retention, std::chrono::hours(1));
  ExpectRefused(set, SetRetention{"x", {}}, ErrorCode::kNotFound, "Database not found x");
  ExpectRefused(set, SetRetention{"_internal", {}}, ErrorCode::kInvalid,
                "cannot modify internal db");
}

TEST(CreateTable, MakesTheDatabaseIfItIsMissing) {
  const auto snapshot = Make(
      {CreateTable{"d", {"cpu", {Tag("host"), Field("usage"), Field("n", DataType::kInt64)}}}});
  const Table* const table = snapshot->FindTable("d", "cpu");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->id, TableId(1));
  EXPECT_EQ(table->database, snapshot->FindDatabase("d")->id);
  EXPECT_EQ(snapshot->FindTable(TableId(1)).get(), table);
  EXPECT_THAT(table->schema.columns,
              testing::ElementsAre(
                  model::Column{ColumnId(2), "host", ColumnKind::kTag, DataType::kString},
                  model::Column{ColumnId(3), "usage", ColumnKind::kField, DataType::kFloat64},
                  model::Column{ColumnId(4), "n", ColumnKind::kField, DataType::kInt64}));
  EXPECT_EQ(table->next_column, ColumnId(5));
}

TEST(CreateTable, RefusesWhatCannotBeATable) {
  const auto before = Make({CreateTable{"d", {"cpu", {Field("f")}}}});
  const auto refused = [&](TableDelta delta, ErrorCode code, std::string_view part) {
    ExpectRefused(before, CreateTable{"d", std::move(delta)}, code, part);
  };
  refused({"cpu", {Field("f")}}, ErrorCode::kConflict, kExists);
  refused({"", {Field("f")}}, ErrorCode::kInvalid, "table name is empty");
  refused({"\xff", {Field("f")}}, ErrorCode::kInvalid, "table name is not valid UTF-8");
  refused({"t", {Field("")}}, ErrorCode::kInvalid, "column name is empty");
  refused({"t", {Field("a\xff")}}, ErrorCode::kInvalid, "column name is not valid UTF-8");
  refused({"t", {Field(std::string(1'048'577, 'x'))}}, ErrorCode::kInvalid,
          "column name of 1048577 bytes, at most 1048576 are allowed");
  refused({"t", {Field("time")}}, ErrorCode::kInvalid, "'time' is a reserved column");
  refused({"t", {Tag("__chunk_order")}}, ErrorCode::kInvalid,
          "'__chunk_order' is a reserved column");
  refused({"t", {Tag("a"), Field("a")}}, ErrorCode::kInvalid, "column 'a' is named twice");
  refused({"t", {{"a", ColumnKind::kTag, DataType::kInt64}}}, ErrorCode::kInvalid,
          "column 'a': a tag is a string");
  refused({"t", {Field("a", DataType::kTimestamp)}}, ErrorCode::kInvalid, "column 'a'");
  ExpectRefused(before, CreateTable{"_internal", {"t", {}}}, ErrorCode::kInvalid,
                "cannot modify internal db");
  ExpectRefused(before, CreateTable{"bad name", {"t", {}}}, ErrorCode::kInvalid,
                "invalid database name");
}

TEST(ExtendSchema, MakesWhatIsMissingAndLeavesTheRest) {
  const auto before = Make({CreateTable{"d", {"cpu", {Tag("host"), Field("usage")}}},
                            CreateTable{"d", {"disk", {Field("f")}}}});
  const auto after =
      Apply(*before,
            ExtendSchema{"d",
                         {{"cpu", {Tag("zone"), Field("usage", DataType::kInt64), Field("idle")}},
                          {"mem", {Field("used")}},
                          {"mem", {Field("free"), Field("used")}}}},
            kLimits)
          .value();
  const Table* const cpu = after->FindTable("d", "cpu");
  ASSERT_EQ(cpu->schema.columns.size(), 4u);
  EXPECT_EQ(cpu->schema.Find("usage")->type, DataType::kFloat64) << "a type never changes";
  EXPECT_EQ(cpu->schema.Find("zone")->id, ColumnId(4));
  EXPECT_EQ(cpu->schema.Find("idle")->id, ColumnId(5));
  EXPECT_EQ(after->FindTable("d", "mem")->schema.columns.size(), 2u);
  EXPECT_EQ(after->FindTable(cpu->id).get(), cpu) << "the index by id shows the same object";
  EXPECT_EQ(after->sequence, before->sequence + 1);
  // The old snapshot is as it was, and what did not change is shared.
  EXPECT_EQ(before->FindTable("d", "cpu")->schema.columns.size(), 2u);
  EXPECT_EQ(before->FindTable("d", "disk"), after->FindTable("d", "disk"));
  EXPECT_EQ(before->FindDatabase("_internal"), after->FindDatabase("_internal"));
}

TEST(ExtendSchema, KeepsTheSequenceWhenNothingIsMissing) {
  const auto before = Make({CreateTable{"d", {"cpu", {Field("f")}}}});
  model::Limits limits;
  limits.tables_max = 0;
  limits.columns_per_table_max = 0;
  const auto after = Apply(*before, ExtendSchema{"d", {{"cpu", {Field("f")}}}}, limits);
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_EQ((*after)->sequence, before->sequence);
}

TEST(ExtendSchema, MayExtendTheInternalDatabaseBeyondTheLimits) {
  model::Limits limits;
  limits.tables_max = 1;
  const auto snapshot = Make({ExtendSchema{"_internal", {{"runs", {Field("n")}}}},
                              ExtendSchema{"_internal", {{"logs", {Field("text")}}}},
                              ExtendSchema{"d", {{"t", {Field("f")}}}}},
                             limits);
  EXPECT_NE(snapshot->FindTable("_internal", "logs"), nullptr);
  ExpectRefused(snapshot, ExtendSchema{"d", {{"u", {Field("f")}}}}, ErrorCode::kLimit,
                "Update to schema would exceed number of tables limit of 1", limits);
}

TEST(ExtendSchema, RefusesTheWholeDeltaAtALimit) {
  model::Limits limits;
  limits.tables_max = 2;
  limits.columns_per_table_max = 2;
  const auto before = Make({ExtendSchema{"d", {{"t", {Field("a")}}}}}, limits);
  ExpectRefused(before, ExtendSchema{"d", {{"u", {Field("a")}}, {"v", {Field("a")}}}},
                ErrorCode::kLimit, "Update to schema would exceed number of tables limit of 2",
                limits);
  ExpectRefused(before, ExtendSchema{"d", {{"u", {}}, {"t", {Field("b"), Field("c")}}}},
                ErrorCode::kLimit,
                "Update to schema would exceed number of columns per table limit of 2", limits);
  EXPECT_TRUE(Apply(*before, ExtendSchema{"d", {{"t", {Field("a"), Tag("b")}}}}, limits).ok());
}

TEST(Triggers, AreCreatedDisabledEnabledAndDeleted) {
  const auto created = Make({CreateDatabase{"d", {}}, CreateTrigger{"d", ExampleTrigger()}});
  const auto trigger = created->FindTrigger("d", "alert");
  ASSERT_NE(trigger, nullptr);
  EXPECT_EQ(trigger->id, TriggerId(1));
  EXPECT_EQ(trigger->database, created->FindDatabase("d")->id);
  EXPECT_EQ(created->FindTrigger(TriggerId(1)), trigger);

  const auto disabled =
      Apply(*created, SetTriggerDisabled{"d", "alert", true, "ValueError: boom", Timestamp(7)},
            kLimits)
          .value();
  EXPECT_TRUE(disabled->FindTrigger(TriggerId(1))->disabled);
  EXPECT_EQ(disabled->FindTrigger(TriggerId(1))->disabled_reason, "ValueError: boom");
  EXPECT_EQ(disabled->FindTrigger(TriggerId(1))->disabled_at, Timestamp(7));
  EXPECT_FALSE(created->FindTrigger(TriggerId(1))->disabled);

  const auto again =
      Apply(*disabled, SetTriggerDisabled{"d", "alert", true, "", Timestamp(9)}, kLimits).value();
  EXPECT_EQ(again->sequence, disabled->sequence);

  const auto enabled =
      Apply(*disabled, SetTriggerDisabled{"d", "alert", false, "", Timestamp(9)}, kLimits).value();
  EXPECT_FALSE(enabled->FindTrigger(TriggerId(1))->disabled);
  EXPECT_EQ(enabled->FindTrigger(TriggerId(1))->disabled_reason, "");

  const auto deleted = Apply(*enabled, DeleteTrigger{"d", "alert"}, kLimits).value();
  EXPECT_EQ(deleted->FindTrigger("d", "alert"), nullptr);
  EXPECT_EQ(deleted->FindTrigger(TriggerId(1)), nullptr);
  // The name is free again, the id is not.
  const auto recreated = Apply(*deleted, CreateTrigger{"d", ExampleTrigger()}, kLimits).value();
  EXPECT_EQ(recreated->FindTrigger("d", "alert")->id, TriggerId(2));
}

TEST(Triggers, AreRefusedWithAReason) {
  model::Limits limits;
  limits.triggers_max = 2;
  const auto before = Make({CreateDatabase{"d", {}}, CreateTrigger{"d", ExampleTrigger()}});
  ExpectRefused(before, CreateTrigger{"d", ExampleTrigger()}, ErrorCode::kConflict, kExists);
  ExpectRefused(before, CreateTrigger{"x", ExampleTrigger()}, ErrorCode::kNotFound,
                "Database not found x");
  ExpectRefused(before, CreateTrigger{"_internal", ExampleTrigger()}, ErrorCode::kInvalid,
                "cannot modify internal db");
  ExpectRefused(before, CreateTrigger{"d", ExampleTrigger("a/b")}, ErrorCode::kInvalid,
                "invalid trigger name");
  auto odd = ExampleTrigger("odd");
  odd.arguments = Arguments{{"key", "\xff"}};
  ExpectRefused(before, CreateTrigger{"d", odd}, ErrorCode::kInvalid, "must be valid UTF-8");
  ExpectRefused(before, DeleteTrigger{"d", "x"}, ErrorCode::kNotFound,
                "the requested resource was not found: x");
  ExpectRefused(before, SetTriggerDisabled{"d", "x", true, "", Timestamp()}, ErrorCode::kNotFound,
                "the requested resource was not found: x");
  ExpectRefused(before, SetTriggerDisabled{"x", "alert", true, "", Timestamp()},
                ErrorCode::kNotFound, "Database not found x");
  const auto full = Apply(*before, CreateTrigger{"d", ExampleTrigger("two")}, limits).value();
  ExpectRefused(full, CreateTrigger{"d", ExampleTrigger("three")}, ErrorCode::kLimit,
                "Adding a new trigger would exceed limit of 2 triggers", limits);
}

std::vector<Change> EveryKindOfChange() {
  model::Trigger scheduled = ExampleTrigger("nightly \"x\"");
  scheduled.spec = model::ParseTriggerSpec("cron:0 0 8 * * MON-FRI").value();
  scheduled.error_behavior = model::ErrorBehavior::kDisable;
  scheduled.run_async = true;
  scheduled.arguments = Arguments{{"a", "1=2"}, {"b", ""}};
  scheduled.disabled = true;
  model::Trigger empty_arguments = ExampleTrigger("empty");
  empty_arguments.arguments.emplace();
  return {
      CreateDatabase{"d", std::nullopt},
      CreateDatabase{"e/rp", std::chrono::nanoseconds(1)},
      SetRetention{"d", std::chrono::hours(24 * 365 * 100)},
      CreateTable{"d", {"w\xc3\xa4rme, \n\"x\"", {Tag("t")}}},
      ExtendSchema{"n",
                   {{"all",
                     {Tag("t"), Field("s", DataType::kString), Field("i", DataType::kInt64),
                      Field("u", DataType::kUInt64), Field("f"), Field("b", DataType::kBool)}},
                    {"none", {}}}},
      CreateTrigger{"d", scheduled},
      CreateTrigger{"d", empty_arguments},
      CreateTrigger{"n", ExampleTrigger()},
      DeleteTrigger{"n", "alert"},
      SetTriggerDisabled{"d", "empty", true, "it said \xff\xc3\xa4", Timestamp(-5)},
  };
}

TEST(ChangeJson, ReplaysToTheSameSnapshot) {
  SnapshotPtr applied = Make({});
  SnapshotPtr replayed = Make({});
  for (const Change& change : EveryKindOfChange()) {
    SCOPED_TRACE(EncodeChange(change));
    applied = Apply(*applied, change, kLimits).value();
    const auto decoded = DecodeChange(EncodeChange(change));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(EncodeChange(*decoded), EncodeChange(change));
    replayed = Apply(*replayed, *decoded, kLimits).value();
    EXPECT_EQ(EncodeSnapshot(*replayed), EncodeSnapshot(*applied));
  }
  EXPECT_EQ(applied->FindTrigger("d", "empty")->disabled_reason, "it said ???");
  EXPECT_TRUE(replayed->FindTrigger("d", "empty")->arguments->empty());
}

TEST(SnapshotJson, DecodesToTheSameSnapshot) {
  const auto snapshot = Make(EveryKindOfChange());
  const auto decoded = DecodeSnapshot(EncodeSnapshot(*snapshot));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(EncodeSnapshot(**decoded), EncodeSnapshot(*snapshot));
  EXPECT_EQ((*decoded)->tables_by_id.size(), snapshot->tables_by_id.size());
  EXPECT_EQ((*decoded)->databases_by_id.size(), snapshot->databases_by_id.size());
  EXPECT_EQ((*decoded)->triggers_by_id.size(), snapshot->triggers_by_id.size());
  EXPECT_EQ((*decoded)->FindTrigger("d", "empty")->spec, model::TriggerSpec(model::OnTable{"cpu"}));
}

void ExpectCorrupt(const Status& status, std::string_view message_part) {
  ASSERT_FALSE(status.ok()) << message_part;
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(status.error().message, HasSubstr(std::string(message_part)));
}

TEST(ChangeJson, NamesWhatItCannotRead) {
  const auto decode = [](std::string_view json) -> Status {
    const auto change = DecodeChange(json);
    return change.ok() ? Ok() : Status(change.error());
  };
  ExpectCorrupt(decode(""), "catalog change: ");
  ExpectCorrupt(decode("[]"), "expected an object with one member");
  ExpectCorrupt(decode(R"({"fold_time":{}})"), "unknown change 'fold_time'");
  ExpectCorrupt(decode(R"({"create_database":{"name":"d"}})"), "retention_ns");
  for (const char* number : {"1e300", "1.5", "9223372036854775808"}) {
    ExpectCorrupt(
        decode(R"({"create_database":{"name":"d","retention_ns":)" + std::string(number) + "}}"),
        "expected a 64-bit integer");
  }
  ExpectCorrupt(decode(R"({"create_database":{"name":1,"retention_ns":null}})"), "string");
  ExpectCorrupt(decode(R"({"create_table":{"database":"d","table":{"name":"t","columns":[)"
                       R"({"name":"c","kind":"field","type":"int8"}]}}})"),
                "unknown type of field 'int8'");
}

TEST(SnapshotJson, ChecksItsIds) {
  const auto decode = [](std::string_view databases) -> Status {
    const auto snapshot =
        DecodeSnapshot(R"({"snapshot":{"sequence":3,"uuid":"u","next_database":3,"next_table":2,)"
                       R"("next_trigger":1,"databases":[)" +
                       std::string(databases) + "]}}");
    return snapshot.ok() ? Ok() : Status(snapshot.error());
  };
  const std::string rest = R"(,"retention_ns":null,"tables":[],"triggers":[]})";
  EXPECT_TRUE(decode(R"({"id":1,"name":"a")" + rest).ok());
  ExpectCorrupt(decode(R"({"id":0,"name":"a")" + rest), "id 0 was never given");
  ExpectCorrupt(decode(R"({"id":3,"name":"a")" + rest), "id 3 was never given: the next is 3");
  ExpectCorrupt(decode(R"({"id":-1,"name":"a")" + rest), "expected a number");
  ExpectCorrupt(decode(R"({"id":1,"name":"a")" + rest + R"(,{"id":2,"name":"a")" + rest),
                "database 'a' appears twice");
  ExpectCorrupt(decode(R"({"id":1,"name":"a")" + rest + R"(,{"id":1,"name":"b")" + rest),
                "id of database 'b' appears twice");
  const auto table = [&](std::string_view columns) {
    return decode(R"({"id":1,"name":"a","retention_ns":null,"triggers":[],"tables":[)"
                  R"({"id":1,"name":"t","next_column":4,"columns":[)" +
                  std::string(columns) + "]}]}");
  };
  EXPECT_TRUE(table(R"({"id":2,"name":"x","kind":"tag"},{"id":3,"name":"y","kind":"tag"})").ok());
  ExpectCorrupt(table(R"({"id":3,"name":"x","kind":"tag"},{"id":2,"name":"y","kind":"tag"})"),
                "column ids of table 't' do not grow");
  ExpectCorrupt(table(R"({"id":1,"name":"x","kind":"tag"})"), "do not grow");
  ExpectCorrupt(table(R"({"id":2,"name":"x","kind":"tag"},{"id":3,"name":"x","kind":"tag"})"),
                "column 'x' appears twice");
}

}  // namespace
}  // namespace tidemill::catalog
