#include "ingest/validator.h"

#include <gtest/gtest.h>

#include "ingest/ingest_fakes.h"

namespace tidemill::ingest {
namespace {

using model::ColumnKind;
using model::DataType;
using Texts = std::vector<std::string>;

constexpr std::string_view kDatabase = "db";

class Validator : public ::testing::Test {
 protected:
  // What WriteService does: check, extend the schema, check again. Gives the rows as text.
  Texts Write(const std::string& body) {
    lineproto::ParsedLines lines = lineproto::Parse(
        body, {.precision = model::Precision::kNanosecond, .default_time = Timestamp(77)});
    verdict = Validate(lines, body, *snapshot, kDatabase, limits);
    const auto first_lines = RejectedLines();
    if (!verdict.missing.empty()) {
      snapshot = Extended(snapshot, std::string(kDatabase), verdict.missing, limits);
      verdict = Validate(lines, body, *snapshot, kDatabase, limits);
      EXPECT_TRUE(verdict.missing.empty());
      EXPECT_EQ(RejectedLines(), first_lines) << "the second look decides like the first";
    }
    Texts rows;
    for (const wal::TableRows& table : TakeRows(lines, verdict)) {
      EXPECT_TRUE(IsConsistent(*table.rows));
      const auto found = snapshot->FindTable(table.table);
      for (const std::string& row : RowTexts(*table.rows, *found))
        rows.push_back(found->name + " " + row);
      last_block = table.rows;
    }
    EXPECT_EQ(rows.size() + verdict.rejected_count, lines.line_count);
    return rows;
  }
  // "line: message" of each rejected line.
  Texts Errors() const {
    Texts errors;
    for (const RejectedLine& line : verdict.rejected)
      errors.push_back(std::to_string(line.line_number) + ": " + line.message);
    return errors;
  }
  std::vector<std::uint32_t> RejectedLines() const {
    std::vector<std::uint32_t> lines;
    for (const RejectedLine& line : verdict.rejected) lines.push_back(line.line_number);
    return lines;
  }
  // "name:type" of the columns of a table, in creation order.
  Texts Columns(std::string_view table) const {
    Texts columns;
    const catalog::Table* const found = snapshot->FindTable(kDatabase, table);
    if (found == nullptr) return {"no table"};
    for (const model::Column& column : found->schema.columns) {
      const std::string type(IoxTypeName(column.kind, column.type));
      columns.push_back(column.name + ":" + type.substr(type.rfind(':') + 1));
    }
    return columns;
  }

  SnapshotPtr snapshot = FirstSnapshot();
  model::Limits limits;
  Verdict verdict;
  std::shared_ptr<const columnar::RowBlock> last_block;
};

TEST_F(Validator, TheFirstWriteMakesTablesAndColumns) {
  EXPECT_EQ(Write("cpu,host=a,region=eu v=1,n=2i 1\nmem,host=b free=3u 2\n"),
            (Texts{"cpu host=a n=2 region=eu v=1. @1", "mem free=3 host=b @2"}));
  EXPECT_EQ(Columns("cpu"), (Texts{"host:tag", "region:tag", "v:float", "n:integer"}));
  EXPECT_EQ(Columns("mem"), (Texts{"host:tag", "free:uinteger"}));
}

TEST_F(Validator, KnownColumnsNeedNoLookAtRows) {
  Write("cpu,host=a v=1 1\n");
  Write("cpu,host=b v=2 2\n");
  EXPECT_TRUE(verdict.tables[0].keep.empty());
}

TEST_F(Validator, KnownColumnsMayComeInAnyOrder) {
  Write("cpu,a=1,b=2 v=1,w=2,x=\"s\" 1\n");
  EXPECT_EQ(Write("cpu,b=2,a=1 x=\"s\",v=1,w=2 2\n"), (Texts{"cpu a=1 b=2 v=1. w=2. x=\"s\" @2"}));
  EXPECT_TRUE(verdict.tables[0].keep.empty());
}

TEST_F(Validator, ATypeClashIsTheLinesError) {
  Write("cpu,host=a v=1,s=\"x\" 1\n");
  EXPECT_EQ(Write("cpu,host=a v=2i 2\ncpu,host=a v=3 3\ncpu v=4,s=t 4\n"),
            (Texts{"cpu host=a v=3. @3"}));
  EXPECT_EQ(
      Errors(),
      (Texts{"1: invalid column type for column 'v', expected iox::column_type::field::float, "
             "got iox::column_type::field::integer",
             "3: invalid column type for column 's', expected "
             "iox::column_type::field::string, got iox::column_type::field::boolean"}));
  EXPECT_EQ(verdict.rejected[0].original_line, "cpu,host=a v=2i 2");
  EXPECT_FALSE(verdict.rejected[0].is_limit);
}

TEST_F(Validator, ATagIsNoFieldAndAFieldNoTag) {
  Write("cpu,host=a v=1 1\n");
  EXPECT_EQ(Write("cpu host=\"a\" 2\ncpu,v=x w=1 3\n"), Texts());
  EXPECT_EQ(
      Errors(),
      (Texts{"1: invalid column type for column 'host', expected iox::column_type::tag, got "
             "iox::column_type::field::string",
             "2: invalid column type for column 'v', expected iox::column_type::field::float, got "
             "iox::column_type::tag"}));
  EXPECT_EQ(Columns("cpu"), (Texts{"host:tag", "v:float"}));
}

TEST_F(Validator, OneNameAsTagAndFieldInOneLineIsAClash) {
  EXPECT_EQ(Write("cpu,a=x a=1 1\ncpu a=2 2\n"), (Texts{"cpu a=2. @2"}));
  EXPECT_EQ(Columns("cpu"), (Texts{"a:float"}));
  EXPECT_EQ(verdict.rejected_count, 1U);
}

TEST_F(Validator, OfTwoNewTypesTheFirstAcceptedLineDecides) {
  EXPECT_EQ(Write("m v=1i 1\nm v=2 2\nm v=3i 3\n"), (Texts{"m v=1 @1", "m v=3 @3"}));
  EXPECT_EQ(Columns("m"), (Texts{"v:integer"}));
}

TEST_F(Validator, ARefusedLineDecidesNothing) {
  Write("m known=1 1\n");
  // The first line would make v an integer, but is refused for `known`.
  EXPECT_EQ(Write("m v=1i,known=1i,gone=1 1\nm v=2 2\n"), (Texts{"m v=2. @2"}));
  EXPECT_EQ(Columns("m"), (Texts{"known:float", "v:float"}));
}

TEST_F(Validator, OfTwoTypesTheCatalogsWins) {
  Write("m v=1 1\n");
  EXPECT_EQ(Write("m v=1i 1\nm v=2 2\n"), (Texts{"m v=2. @2"}));
}

TEST_F(Validator, ATableWithoutAGoodLineIsNotMade) {
  EXPECT_EQ(Write("bad,a=1 a=1 1\ngood v=1 1\n"), (Texts{"good v=1. @1"}));
  EXPECT_EQ(Columns("bad"), (Texts{"no table"}));
}

TEST_F(Validator, NothingOfARefusedLineRemains) {
  Write("m,host=a v=1 1\n");
  EXPECT_EQ(Write("m,host=a v=1 1\nm,host=ghost,extra=ghost v=1i 2\nm,host=b v=3 3\n"),
            (Texts{"m host=a v=1. @1", "m host=b v=3. @3"}));
  ASSERT_EQ(last_block->tags.size(), 1U);
  EXPECT_EQ(last_block->tags[0].values.bytes, "ab");
  EXPECT_EQ(last_block->series_count, 2U);
  EXPECT_EQ(last_block->fields.size(), 1U);
  EXPECT_EQ(Columns("m"), (Texts{"host:tag", "v:float"}));
}

TEST_F(Validator, ParserErrorsStandAmongTheOthersInOrderOfLines) {
  Write("m v=1 1\n");
  EXPECT_EQ(Write("m v=1i 1\nnonsense\nm v=2i 3\n\n,x\nm v=4 5\n"), (Texts{"m v=4. @5"}));
  ASSERT_EQ(verdict.rejected.size(), 4U);
  EXPECT_EQ(RejectedLines(), (std::vector<std::uint32_t>{1, 2, 3, 5}));
  EXPECT_EQ(verdict.rejected[1].original_line, "nonsense");
}

TEST_F(Validator, ColumnsAboveTheLimitAreRefusedLineByLine) {
  limits.columns_per_table_max = 3;
  EXPECT_EQ(Write("m,t=a v=1 1\nm,t=a v=1,w=1,x=1 2\nm,t=a w=2 3\nm,t=a x=3 4\nm,t=a v=5 5\n"),
            (Texts{"m t=a v=1. @1", "m t=a w=2. @3", "m t=a v=5. @5"}));
  ASSERT_EQ(verdict.rejected.size(), 2U);
  EXPECT_TRUE(verdict.rejected[0].is_limit);
  EXPECT_EQ(verdict.rejected[1].message,
            "Update to schema would exceed number of columns per table limit of 3 columns "
            "(--num-total-columns-per-table-limit)");
  EXPECT_EQ(Columns("m"), (Texts{"t:tag", "v:float", "w:float"}));
}

TEST_F(Validator, TablesAboveTheLimitAreRefused) {
  limits.tables_max = 2;
  EXPECT_EQ(Write("a v=1 1\nrefused,x=1 x=1 2\nb v=1 3\nc v=1 4\nc v=1 5\na v=1 6\n"),
            (Texts{"a v=1. @1", "a v=1. @6", "b v=1. @3"}));
  ASSERT_EQ(verdict.rejected.size(), 3U);
  EXPECT_TRUE(verdict.rejected[1].is_limit);
  EXPECT_EQ(verdict.rejected[2].message,
            "Update to schema would exceed number of tables limit of 2 tables (--num-table-limit)");
}

TEST_F(Validator, TheServersOwnTablesDoNotCount) {
  limits.tables_max = 1;
  snapshot = Extended(snapshot, "_internal",
                      {{.table = "runs", .columns = {{.name = "v", .type = DataType::kInt64}}}});
  EXPECT_EQ(Write("a v=1 1\n"), (Texts{"a v=1. @1"}));
}

TEST_F(Validator, ManyRefusedLinesAreCountedButNotAllListed) {
  Write("m v=1 1\n");
  std::string body;
  for (std::size_t i = 0; i < kRejectedLinesMax + 5; ++i) body += "m v=1i\n";
  EXPECT_EQ(Write(body), Texts());
  EXPECT_EQ(verdict.rejected.size(), kRejectedLinesMax);
  EXPECT_EQ(verdict.rejected_count, kRejectedLinesMax + 5);
}

}  // namespace
}  // namespace tidemill::ingest
