// The bytes in docs/formats/catalog.md are what the catalog reads and writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "catalog/catalog.h"
#include "testing/doc_page.h"
#include "testing/fault_file_system.h"
#include "testing/seeded_random.h"

namespace tidemill::catalog {
namespace {

// The bytes of the dump: lines of an offset, up to 16 hex pairs, and their text after '|'.
std::string BytesOfTheDocumentedExample() {
  std::ifstream file = testing::OpenDocPage("formats/catalog.md");
  std::string bytes;
  bool is_in_example = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```") {
      is_in_example = !is_in_example;
    } else if (is_in_example) {
      std::istringstream words(line.substr(0, line.find('|')));
      std::string word;
      words >> word;  // the offset
      while (words >> word) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
    }
  }
  return bytes;
}

TEST(CatalogFormat, DecodesTheDocumentedExample) {
  const std::string bytes = BytesOfTheDocumentedExample();
  ASSERT_GT(bytes.size(), 16u) << "docs/formats/catalog.md was not found";
  testing::FaultFileSystem fs;
  testing::SeededRandom random;
  ASSERT_TRUE(fs.CreateDirectories("catalog").ok());
  ASSERT_TRUE(WriteFileAtomically(fs, "catalog/catalog.log", bytes).ok());

  const auto catalog = Catalog::Open(fs, random, {.directory = "catalog", .limits = {}});
  ASSERT_TRUE(catalog.ok()) << catalog.error().message;
  const auto snapshot = (*catalog)->Get();
  EXPECT_EQ(snapshot->uuid, "6e5c1a52-8f0e-4c3b-9a57-1d2f3a4b5c6d");
  EXPECT_EQ(snapshot->sequence, 3u);
  EXPECT_EQ(snapshot->FindDatabase("d")->id, DatabaseId(2));
  EXPECT_EQ(snapshot->FindDatabase("_internal")->retention, std::chrono::hours(168));
  const Table* const table = snapshot->FindTable("d", "cpu");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->id, TableId(1));
  EXPECT_EQ(table->schema.Find("host")->id, ColumnId(2));
  EXPECT_EQ(table->schema.Find("usage")->type, model::DataType::kFloat64);
  const auto trigger = snapshot->FindTrigger("d", "alert");
  ASSERT_NE(trigger, nullptr);
  EXPECT_EQ(trigger->spec, model::TriggerSpec(model::OnTable{"cpu"}));
  EXPECT_EQ(trigger->arguments->at("limit"), "90");
}

TEST(CatalogFormat, WritesTheDocumentedExample) {
  testing::FaultFileSystem fs;
  auto log = FramedLog::Open(fs, "catalog/catalog.log",
                             {.magic = "TMCATLOG", .version = 1, .what = "catalog"},
                             [](std::string_view) { return Ok(); });
  ASSERT_TRUE(log.ok());
  const CreateTable create_table{
      "d",
      {"cpu",
       {{"host", model::ColumnKind::kTag, model::DataType::kString},
        {"usage", model::ColumnKind::kField, model::DataType::kFloat64}}}};
  CreateTrigger create_trigger{"d", {}};
  create_trigger.trigger.name = "alert";
  create_trigger.trigger.plugin_filename = "alert.py";
  create_trigger.trigger.spec = model::OnTable{"cpu"};
  create_trigger.trigger.arguments.emplace()["limit"] = "90";
  constexpr std::string_view kSnapshot =
      R"({"snapshot":{"sequence":1,"uuid":"6e5c1a52-8f0e-4c3b-9a57-1d2f3a4b5c6d",)"
      R"("next_database":2,"next_table":1,"next_trigger":1,"databases":[{"id":1,)"
      R"("name":"_internal","retention_ns":604800000000000,"tables":[],"triggers":[]}]}})";
  const auto first = DecodeSnapshot(kSnapshot);
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE((*log)->Append({EncodeSnapshot(**first)}).ok());
  ASSERT_TRUE((*log)->Append({EncodeChange(create_table), EncodeChange(create_trigger)}).ok());
  EXPECT_EQ(ReadWholeFile(fs, "catalog/catalog.log").value(), BytesOfTheDocumentedExample());
}

}  // namespace
}  // namespace tidemill::catalog
