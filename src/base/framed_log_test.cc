#include "base/framed_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/crc32c.h"
#include "base/strings.h"
#include "testing/fault_file_system.h"

namespace tidemill {
namespace {

using testing::Fault;
using testing::FaultCall;
using testing::FaultFileSystem;
using Payloads = std::vector<std::string>;

constexpr FramedLog::Format kFormat = {.magic = "TMTEST01", .version = 3, .what = "catalog"};
constexpr char kPath[] = "/data/catalog/log";
constexpr std::size_t kHeaderBytes = 16;

struct Opened {
  std::unique_ptr<FramedLog> log;
  Payloads replayed;
  std::uint64_t cut_bytes = 0;
};

Result<Opened> Open(FileSystem& fs, FramedLog::Format format = kFormat) {
  Opened out;
  auto log = FramedLog::Open(
      fs, kPath, format,
      [&](std::string_view payload) {
        out.replayed.emplace_back(payload);
        return Ok();
      },
      &out.cut_bytes);
  if (!log.ok()) return std::move(log).error();
  out.log = std::move(log).value();
  return out;
}

Payloads Replay(FileSystem& fs) {
  auto opened = Open(fs);
  if (!opened.ok()) return {"error: " + opened.error().message};
  return opened->replayed;
}

// Appends that differ in size, some of several payloads, one of none, one empty.
const std::vector<Payloads>& Batches() {
  static const auto& batches = *new std::vector<Payloads>{
      {"one"},
      {"two", "three", ""},
      {std::string(700, 'x')},
      {""},
      {"\xf7TMF not a frame", std::string(40, '\0')},
      {"last", "of all"},
  };
  return batches;
}

Payloads Flatten(const std::vector<Payloads>& batches, std::size_t count) {
  Payloads out;
  for (std::size_t i = 0; i < count; ++i)
    out.insert(out.end(), batches[i].begin(), batches[i].end());
  return out;
}

// Where each batch ends in the file, and the file.
struct Sample {
  std::string bytes;
  std::vector<std::size_t> ends;
};
Sample WriteSample() {
  FaultFileSystem fs;
  auto opened = Open(fs);
  EXPECT_TRUE(opened.ok());
  Sample sample;
  sample.ends.push_back(opened->log->bytes());
  for (const Payloads& batch : Batches()) {
    EXPECT_TRUE(opened->log->Append(batch).ok());
    sample.ends.push_back(opened->log->bytes());
  }
  sample.bytes = *ReadWholeFile(fs, kPath);
  EXPECT_EQ(sample.bytes.size(), opened->log->bytes());
  return sample;
}

void Place(FaultFileSystem& fs, std::string_view bytes) {
  ASSERT_TRUE(CreateDirectoriesDurably(fs, ParentDirectory(kPath)).ok());
  ASSERT_TRUE(WriteFileAtomically(fs, kPath, bytes).ok());
}

void ExpectRefused(FaultFileSystem& fs, ErrorCode code, const std::string& message) {
  const std::string before = *ReadWholeFile(fs, kPath);
  const auto opened = Open(fs);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, code);
  EXPECT_EQ(opened.error().message, message);
  EXPECT_EQ(*ReadWholeFile(fs, kPath), before) << "nothing is changed";
}

TEST(FramedLog, ReplaysWhatWasAppendedInOrder) {
  FaultFileSystem fs;
  for (std::size_t i = 0; i < Batches().size(); ++i) {
    auto opened = Open(fs);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->replayed, Flatten(Batches(), i));
    EXPECT_EQ(opened->cut_bytes, 0u);
    EXPECT_TRUE(opened->log->Append({}).ok());
    EXPECT_TRUE(opened->log->Append(Batches()[i]).ok());
  }
  EXPECT_EQ(Replay(fs), Flatten(Batches(), Batches().size()));
}

TEST(FramedLog, KeepsEveryAcknowledgedAppendThroughAPowerCut) {
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    for (std::uint64_t call = 1;; ++call) {
      FaultFileSystem fs;
      fs.DieAtCall(call);
      std::size_t acknowledged = 0;
      if (auto opened = Open(fs); opened.ok())
        while (acknowledged < Batches().size() && opened->log->Append(Batches()[acknowledged]).ok())
          ++acknowledged;
      if (!fs.is_dead()) break;
      fs.PowerCut(seed);
      SCOPED_TRACE("seed " + std::to_string(seed) + ", call " + std::to_string(call));
      auto opened = Open(fs);
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      // The append that was under way is there as a whole, or not at all.
      const Payloads with_last = Flatten(Batches(), std::min(acknowledged + 1, Batches().size()));
      if (opened->replayed != with_last) {
        ASSERT_EQ(opened->replayed, Flatten(Batches(), acknowledged));
      }
      const std::size_t survived = opened->replayed.size();
      ASSERT_TRUE(opened->log->Append({"after"}).ok());
      fs.PowerCut(seed + 1);
      ASSERT_EQ(Replay(fs).size(), survived + 1);
    }
}

TEST(FramedLog, CutsATailAtEveryOffset) {
  const Sample sample = WriteSample();
  for (std::size_t size = kHeaderBytes; size < sample.bytes.size(); ++size) {
    SCOPED_TRACE(size);
    FaultFileSystem fs;
    Place(fs, std::string_view(sample.bytes).substr(0, size));
    std::size_t whole = 0;
    while (sample.ends[whole + 1] <= size) ++whole;
    auto opened = Open(fs);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->replayed, Flatten(Batches(), whole));
    EXPECT_EQ(opened->cut_bytes, size - sample.ends[whole]);
    fs.PowerCutLosingAll();
    opened = Open(fs);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->cut_bytes, 0u) << "cut for good";
    ASSERT_TRUE(opened->log->Append({"next"}).ok());
    Payloads expected = Flatten(Batches(), whole);
    expected.push_back("next");
    fs.PowerCutLosingAll();
    EXPECT_EQ(Replay(fs), expected);
  }
}

TEST(FramedLog, RefusesAHeaderThatIsCutShort) {
  const Sample sample = WriteSample();
  for (std::size_t size = 0; size < kHeaderBytes; ++size) {
    SCOPED_TRACE(size);
    FaultFileSystem fs;
    Place(fs, std::string_view(sample.bytes).substr(0, size));
    ExpectRefused(fs, ErrorCode::kCorrupt,
                  "'/data/catalog/log' is not a catalog file: it does not begin with 'TMTEST01'");
  }
}

TEST(FramedLog, NoticesEveryFlippedBit) {
  const Sample sample = WriteSample();
  const std::size_t last_begin = sample.ends[sample.ends.size() - 2];
  for (std::size_t bit = 0; bit < sample.bytes.size() * 8; ++bit) {
    const std::size_t offset = bit / 8;
    SCOPED_TRACE("bit " + std::to_string(bit % 8) + " of byte " + std::to_string(offset));
    FaultFileSystem fs;
    Place(fs, sample.bytes);
    fs.FlipBits(kPath, offset, static_cast<unsigned char>(1u << (bit % 8)));
    if (offset < 8) {
      ExpectRefused(fs, ErrorCode::kCorrupt,
                    "'/data/catalog/log' is not a catalog file: it does not begin with 'TMTEST01'");
    } else if (offset < kHeaderBytes) {
      ExpectRefused(fs, ErrorCode::kCorrupt,
                    "catalog '/data/catalog/log' is damaged at offset 0: the header's checksum is "
                    "wrong; restore it from a backup");
    } else if (offset < last_begin) {
      std::size_t frame = 0;
      while (sample.ends[frame + 1] <= offset) ++frame;
      ExpectRefused(fs, ErrorCode::kCorrupt,
                    "catalog '/data/catalog/log' is damaged at offset " +
                        std::to_string(sample.ends[frame]) + ": valid data follows at offset " +
                        std::to_string(sample.ends[frame + 1]) + "; restore it from a backup");
    } else {
      // Behind the last frame there is nothing to tell damage from a torn tail.
      auto opened = Open(fs);
      ASSERT_TRUE(opened.ok()) << opened.error().message;
      EXPECT_EQ(opened->replayed, Flatten(Batches(), Batches().size() - 1));
      EXPECT_EQ(opened->cut_bytes, sample.bytes.size() - last_begin);
    }
  }
}

TEST(FramedLog, CutsATailOfZerosOrOldBytes) {
  const Sample sample = WriteSample();
  for (const std::string& tail :
       {std::string(1, '\0'), std::string(10'000, '\0'), std::string("\xf7TMF"),
        std::string("\xf7TMF\xff\xff\xff\xff\xff\xff\xff\xff"), std::string(3'000, '\xf7')}) {
    FaultFileSystem fs;
    Place(fs, sample.bytes + tail);
    auto opened = Open(fs);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(opened->replayed, Flatten(Batches(), Batches().size()));
    EXPECT_EQ(opened->cut_bytes, tail.size());
  }
}

TEST(FramedLog, RefusesANewerVersionInOneSentence) {
  FaultFileSystem fs;
  FramedLog::Format newer = kFormat;
  newer.version = 4;
  auto opened = Open(fs, newer);
  ASSERT_TRUE(opened.ok() && opened->log->Append({"x"}).ok());
  Place(fs, *ReadWholeFile(fs, kPath) + "torn");
  ExpectRefused(fs, ErrorCode::kUnsupported,
                "catalog '/data/catalog/log' has format version 4, and this program reads versions "
                "up to 3: start the newer program that wrote it");
  EXPECT_TRUE(Open(fs, newer).ok());
}

TEST(FramedLog, ReadsAnOlderVersion) {
  FaultFileSystem fs;
  FramedLog::Format older = kFormat;
  older.version = 1;
  auto opened = Open(fs, older);
  ASSERT_TRUE(opened.ok() && opened->log->Append({"x"}).ok());
  EXPECT_EQ(Replay(fs), Payloads{"x"});
}

TEST(FramedLog, StopsAtAnErrorFromReplayAndNamesThePlace) {
  const Sample sample = WriteSample();
  FaultFileSystem fs;
  Place(fs, sample.bytes + "torn");
  int calls = 0;
  const auto opened = FramedLog::Open(fs, kPath, kFormat, [&](std::string_view payload) -> Status {
    ++calls;
    if (payload == "two") return CorruptError("unknown change");
    return Ok();
  });
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "catalog '/data/catalog/log' at offset " +
                                        std::to_string(sample.ends[1]) + ": unknown change");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(ReadWholeFile(fs, kPath)->size(), sample.bytes.size() + 4) << "nothing is cut";
}

TEST(FramedLog, StaysUsableWhenTheDiskWasFull) {
  for (const Fault fault : {Fault::kNoSpace, Fault::kShortWrite}) {
    FaultFileSystem fs;
    auto opened = Open(fs);
    ASSERT_TRUE(opened->log->Append({"one"}).ok());
    fs.FailCall(1, fault, FaultCall::kWrite);
    const Status full = opened->log->Append({std::string(5'000, 'x'), "two"});
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(ReadWholeFile(fs, kPath)->size(), opened->log->bytes());
    ASSERT_TRUE(opened->log->Append({"three"}).ok());
    fs.PowerCutLosingAll();
    EXPECT_EQ(Replay(fs), (Payloads{"one", "three"}));
  }
}

TEST(FramedLog, AppendsNothingMoreAfterAFailedSync) {
  FaultFileSystem fs;
  auto opened = Open(fs);
  ASSERT_TRUE(opened->log->Append({"one"}).ok());
  fs.FailCall(1, Fault::kIo, FaultCall::kSyncData);
  const Status failed = opened->log->Append({"two"});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_EQ(failed.error().message,
            "catalog is closed until restart: sync '/data/catalog/log': Input/output error");
  const std::uint64_t calls = fs.calls();
  EXPECT_EQ(opened->log->Append({"three"}).error().message, failed.error().message);
  EXPECT_EQ(opened->log->Rewrite({"four"}).error().message, failed.error().message);
  EXPECT_EQ(fs.calls(), calls) << "the file is left alone";
  fs.PowerCutLosingAll();
  EXPECT_EQ(Replay(fs), Payloads{"one"});
}

TEST(FramedLog, ClosesWhenAWriteFailsOrCannotBeUndone) {
  const struct {
    FaultCall call;
    Fault fault;
  } cases[] = {{FaultCall::kWrite, Fault::kIo},
               {FaultCall::kTruncate, Fault::kIo},
               {FaultCall::kSyncData, Fault::kIo}};
  for (const auto& [call, fault] : cases) {
    FaultFileSystem fs;
    auto opened = Open(fs);
    fs.FailCall(1, call == FaultCall::kWrite ? fault : Fault::kShortWrite, FaultCall::kWrite);
    if (call != FaultCall::kWrite) fs.FailCall(1, fault, call);
    const Status failed = opened->log->Append({"two"});
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_EQ(opened->log->Append({"three"}).error().message, failed.error().message);
  }
}

TEST(FramedLog, RefusesAnAppendThatNoFrameHolds) {
  FaultFileSystem fs;
  auto opened = Open(fs);
  const std::string half(FramedLog::kFrameBytesMax / 2, 'x');
  const Status refused = opened->log->Append({half, half});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(opened->log->bytes(), kHeaderBytes);
  EXPECT_TRUE(opened->log->Append({"small"}).ok());
}

TEST(FramedLog, RewriteReplacesTheWholeLog) {
  FaultFileSystem fs;
  auto opened = Open(fs);
  for (const Payloads& batch : Batches()) ASSERT_TRUE(opened->log->Append(batch).ok());
  Payloads many;  // more than one frame takes
  for (int i = 0; i < 50; ++i)
    many.push_back(std::string(100'000, static_cast<char>('a' + i % 26)));
  ASSERT_TRUE(opened->log->Rewrite(many).ok());
  EXPECT_EQ(opened->log->bytes(), ReadWholeFile(fs, kPath)->size());
  ASSERT_TRUE(opened->log->Append({"next"}).ok());
  fs.PowerCutLosingAll();
  many.push_back("next");
  EXPECT_EQ(Replay(fs), many);
  auto again = Open(fs);
  ASSERT_TRUE(again->log->Rewrite({}).ok());
  EXPECT_EQ(again->log->bytes(), kHeaderBytes);
  EXPECT_EQ(Replay(fs), Payloads{});
}

TEST(FramedLog, RewriteIsAllOrNothingAtEveryStep) {
  const Payloads old_payloads = {"old one", "old two"};
  const Payloads new_payloads = {"new"};
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::uint64_t call = 1;; ++call) {
      FaultFileSystem fs;
      auto opened = Open(fs);
      ASSERT_TRUE(opened->log->Append(old_payloads).ok());
      fs.DieAtCall(call);
      const bool is_acknowledged = opened->log->Rewrite(new_payloads).ok();
      if (!fs.is_dead()) break;
      EXPECT_FALSE(is_acknowledged);
      EXPECT_FALSE(opened->log->Append({"more"}).ok());
      fs.PowerCut(seed);
      const Payloads left = Replay(fs);
      EXPECT_TRUE(left == old_payloads || left == new_payloads) << left[0];
    }
}

TEST(FramedLog, RewriteOnAFullDiskKeepsTheOldLog) {
  FaultFileSystem fs;
  auto opened = Open(fs);
  ASSERT_TRUE(opened->log->Append({"old"}).ok());
  fs.SetCapacity(fs.used_bytes() + 100);
  EXPECT_EQ(opened->log->Rewrite({std::string(200, 'x')}).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(opened->log->Append({"more"}).ok());
  EXPECT_EQ(Replay(fs), (Payloads{"old", "more"}));
}

TEST(FramedLog, NeverAppendsToAFileItHasReplaced) {
  for (const FaultCall call : {FaultCall::kRename, FaultCall::kSyncDirectory, FaultCall::kOpen}) {
    FaultFileSystem fs;
    auto opened = Open(fs);
    ASSERT_TRUE(opened->log->Append({"old"}).ok());
    // WriteSyncedFile opens once before the rename.
    fs.FailCall(call == FaultCall::kOpen ? 2 : 1, Fault::kNoSpace, call);
    const Status failed = opened->log->Rewrite({"new"});
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_FALSE(opened->log->Append({"more"}).ok());
  }
}

// The example in docs/formats/framed_log.md: lines of "offset  hex bytes  …".
std::string BytesOfDocumentedExample() {
  std::ifstream page(std::string(TIDEMILL_DOCS_DIR) + "/formats/framed_log.md");
  EXPECT_TRUE(page.good());
  std::string bytes;
  bool is_example = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) is_example = line == "```hex";
    if (!is_example || line.starts_with("```")) continue;
    std::istringstream words(line.substr(0, line.find('|')));
    std::string offset;
    words >> offset;
    EXPECT_EQ(std::stoul(offset, nullptr, 16), bytes.size()) << line;
    for (std::string byte; words >> byte;)
      bytes.push_back(static_cast<char>(std::stoul(byte, nullptr, 16)));
  }
  return bytes;
}

TEST(FramedLog, MatchesTheDocumentedBytes) {
  const FramedLog::Format format = {.magic = "TMEXMPL1", .version = 1, .what = "example"};
  FaultFileSystem fs;
  auto written = Open(fs, format);
  ASSERT_TRUE(written.ok());
  ASSERT_TRUE(written->log->Append({"first"}).ok());
  ASSERT_TRUE(written->log->Append({"second", ""}).ok());
  EXPECT_EQ(*ReadWholeFile(fs, kPath), BytesOfDocumentedExample());

  Place(fs, BytesOfDocumentedExample());
  auto read = Open(fs, format);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->replayed, (Payloads{"first", "second", ""}));
}

}  // namespace
}  // namespace tidemill
