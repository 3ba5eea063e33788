#include "base/file_system.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "base/status_macros.h"
#include "testing/fault_file_system.h"
#include "testing/temp_dir.h"

namespace tidemill {
namespace {

namespace stdfs = std::filesystem;

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Both file systems keep the same promises; a fake that is kinder than the real one would hide
// bugs.
struct Subject {
  virtual ~Subject() = default;
  virtual FileSystem& fs() = 0;
  virtual std::string root() = 0;
};
struct OnDisk final : Subject {
  FileSystem& fs() override { return *fs_; }
  std::string root() override { return dir_.path(); }
  testing::TempDir dir_;
  std::unique_ptr<FileSystem> fs_ = MakePosixFileSystem();
};
struct InMemory final : Subject {
  InMemory() { EXPECT_TRUE(fs_.CreateDirectories("/root").ok()); }
  FileSystem& fs() override { return fs_; }
  std::string root() override { return "/root"; }
  testing::FaultFileSystem fs_;
};

class EveryFileSystem : public ::testing::TestWithParam<bool> {
 protected:
  EveryFileSystem() {
    if (GetParam())
      subject_ = std::make_unique<OnDisk>();
    else
      subject_ = std::make_unique<InMemory>();
  }
  FileSystem& fs() { return subject_->fs(); }
  std::string Path(const std::string& name) { return subject_->root() + "/" + name; }
  std::unique_ptr<File> Open(const std::string& name, OpenMode mode) {
    auto file = fs().Open(Path(name), mode);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return std::move(file).value();
  }
  void Write(const std::string& name, std::string_view bytes) {
    EXPECT_TRUE(WriteFileAtomically(fs(), Path(name), bytes).ok());
  }
  std::string Read(const std::string& name) {
    const auto bytes = ReadWholeFile(fs(), Path(name));
    return bytes.ok() ? *bytes : std::string(ErrorCodeName(bytes.error().code));
  }
  template <typename T>
  void ExpectError(const Result<T>& result, ErrorCode code, const std::string& message) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_EQ(result.error().message, message);
  }

 private:
  std::unique_ptr<Subject> subject_;
};
INSTANTIATE_TEST_SUITE_P(, EveryFileSystem, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Posix" : "Fault"; });

TEST_P(EveryFileSystem, WritesAndReadsAtAnyOffset) {
  const auto file = Open("a", OpenMode::kCreateNew);
  ASSERT_TRUE(file->WriteAt(3, AsBytes("def")).ok());
  ASSERT_TRUE(file->WriteAt(0, AsBytes("a")).ok());
  EXPECT_EQ(*file->Size(), 6u);
  std::string into(10, '.');
  const auto span = std::as_writable_bytes(std::span(into.data(), into.size()));
  EXPECT_EQ(*file->ReadAt(0, span), 6u);
  EXPECT_EQ(into, std::string("a\0\0def....", 10));
  EXPECT_EQ(*file->ReadAt(4, span.subspan(0, 1)), 1u);
  EXPECT_EQ(into[0], 'e');
  EXPECT_EQ(*file->ReadAt(6, span), 0u);
  EXPECT_EQ(*file->ReadAt(100, span), 0u);
  EXPECT_TRUE(file->WriteAt(100, {}).ok());
  EXPECT_EQ(*file->Size(), 6u);
  EXPECT_TRUE(file->SyncData().ok());
}

TEST_P(EveryFileSystem, OpensAsTheModeSays) {
  ExpectError(fs().Open(Path("a"), OpenMode::kRead), ErrorCode::kNotFound,
              "open '" + Path("a") + "': No such file or directory");
  ExpectError(fs().Open(Path("a"), OpenMode::kReadWrite), ErrorCode::kNotFound,
              "open '" + Path("a") + "': No such file or directory");
  Write("a", "text");
  ExpectError(fs().Open(Path("a"), OpenMode::kCreateNew), ErrorCode::kConflict,
              "create '" + Path("a") + "': File exists");
  EXPECT_FALSE(fs().Open(Path("no/where"), OpenMode::kCreateNew).ok());
  EXPECT_TRUE(Open("a", OpenMode::kReadWrite)->WriteAt(1, AsBytes("oa")).ok());
  EXPECT_EQ(Read("a"), "toat");
}

TEST_P(EveryFileSystem, TruncatesAndAllocatesWithZeros) {
  const auto file = Open("a", OpenMode::kCreateNew);
  ASSERT_TRUE(file->WriteAt(0, AsBytes("abcdef")).ok());
  ASSERT_TRUE(file->Truncate(2).ok());
  ASSERT_TRUE(file->Allocate(4).ok());
  EXPECT_EQ(Read("a"), std::string("ab\0\0", 4));
  ASSERT_TRUE(file->Allocate(3).ok());
  EXPECT_EQ(*file->Size(), 4u) << "never shrinks";
  ASSERT_TRUE(file->Truncate(6).ok());
  EXPECT_EQ(Read("a"), std::string("ab\0\0\0\0", 6));
}

TEST_P(EveryFileSystem, ListsADirectoryByName) {
  ASSERT_TRUE(fs().CreateDirectories(Path("d/e/f")).ok());
  ASSERT_TRUE(fs().CreateDirectories(Path("d/e/f")).ok());
  Write("d/b", "12345");
  Write("d/a", "");
  const auto entries = fs().List(Path("d"));
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_EQ((*entries)[1].name, "b");
  EXPECT_EQ((*entries)[1].size, 5u);
  EXPECT_FALSE((*entries)[1].is_directory);
  EXPECT_EQ((*entries)[2].name, "e");
  EXPECT_TRUE((*entries)[2].is_directory);
  ExpectError(fs().List(Path("x")), ErrorCode::kNotFound,
              "list '" + Path("x") + "': No such file or directory");
}

TEST_P(EveryFileSystem, RefusesADirectoryWhereAFileIs) {
  Write("a", "");
  EXPECT_FALSE(fs().CreateDirectories(Path("a")).ok());
  EXPECT_FALSE(fs().CreateDirectories(Path("a/b")).ok());
  EXPECT_TRUE(*fs().Exists(Path("a")));
  EXPECT_FALSE(*fs().Exists(Path("a/b")));
  EXPECT_EQ(fs().List(Path("a")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs().Open(Path("a/b"), OpenMode::kCreateNew).ok());
}

TEST_P(EveryFileSystem, DoesNotOpenADirectoryAsAFile) {
  ASSERT_TRUE(fs().CreateDirectories(Path("d")).ok());
  ExpectError(fs().Open(Path("d"), OpenMode::kRead), ErrorCode::kIo,
              "open '" + Path("d") + "': Is a directory");
  EXPECT_FALSE(fs().Remove(Path("d")).ok());
}

TEST_P(EveryFileSystem, RenamesOverAndRemoves) {
  Write("a", "a");
  Write("b", "b");
  ASSERT_TRUE(fs().Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ(Read("a"), "not found");
  EXPECT_EQ(Read("b"), "a");
  ASSERT_TRUE(fs().Remove(Path("b")).ok());
  EXPECT_FALSE(*fs().Exists(Path("b")));
  ExpectError(fs().Remove(Path("b")), ErrorCode::kNotFound,
              "remove '" + Path("b") + "': No such file or directory");
  EXPECT_EQ(fs().Rename(Path("b"), Path("c")).error().code, ErrorCode::kNotFound);
}

TEST_P(EveryFileSystem, LinksOnlyWhereNothingIs) {
  Write("a", "a");
  Write("b", "b");
  const Status taken = fs().LinkNew(Path("a"), Path("b"));
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_EQ(Read("b"), "b");
  ASSERT_TRUE(fs().LinkNew(Path("a"), Path("c")).ok());
  ASSERT_TRUE(fs().Remove(Path("a")).ok());
  EXPECT_EQ(Read("c"), "a");
  EXPECT_EQ(fs().LinkNew(Path("a"), Path("d")).error().code, ErrorCode::kNotFound);
}

TEST_P(EveryFileSystem, KeepsAnOpenFileReadableWhenItsNameIsGone) {
  Write("a", "still here");
  const auto file = Open("a", OpenMode::kRead);
  ASSERT_TRUE(fs().Remove(Path("a")).ok());
  std::string into(5, '.');
  EXPECT_EQ(*file->ReadAt(0, std::as_writable_bytes(std::span(into.data(), into.size()))), 5u);
  EXPECT_EQ(into, "still");
}

TEST_P(EveryFileSystem, LocksOnceAtATime) {
  auto lock = fs().Lock(Path("lock"));
  ASSERT_TRUE(lock.ok());
  ExpectError(fs().Lock(Path("lock")), ErrorCode::kConflict,
              "lock '" + Path("lock") + "': another process holds it");
  std::move(lock).value().reset();
  EXPECT_TRUE(fs().Lock(Path("lock")).ok());
}

TEST_P(EveryFileSystem, WritesFilesAtomicallyOverALeftover) {
  Write("a.tmp", "left by a crash");
  Write("a", "one");
  Write("a", "two");
  EXPECT_EQ(Read("a"), "two");
  EXPECT_FALSE(*fs().Exists(Path("a.tmp")));
}

TEST_P(EveryFileSystem, TellsHowMuchRoomThereIs) {
  const auto bytes = fs().FreeBytes(Path(""));
  ASSERT_TRUE(bytes.ok());
  EXPECT_GT(*bytes, 0u);
}

TEST_P(EveryFileSystem, CreatesDirectoriesDurably) {
  ASSERT_TRUE(CreateDirectoriesDurably(fs(), Path("x/y/z")).ok());
  EXPECT_TRUE(*fs().Exists(Path("x/y/z")));
  EXPECT_TRUE(CreateDirectoriesDurably(fs(), Path("x/y/z/")).ok());
}

TEST(FileSystem, ParentDirectoryIsWhatStandsBeforeTheLastSlash) {
  for (const auto& [path, parent] :
       std::vector<std::pair<std::string, std::string>>{{"/a/b", "/a"},
                                                        {"/a/b/", "/a"},
                                                        {"/a//b", "/a"},
                                                        {"/a", "/"},
                                                        {"/", "/"},
                                                        {"a", "."},
                                                        {"a/b", "a"},
                                                        {"a/", "."},
                                                        {".", "."},
                                                        {"", "."}})
    EXPECT_EQ(ParentDirectory(path), parent) << path;
}

TEST(FileSystem, AtomicWriteSurvivesACrashAtEveryStep) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::uint64_t call = 1;; ++call) {
      testing::FaultFileSystem fs;
      ASSERT_TRUE(WriteFileAtomically(fs, "/a", "old").ok());
      fs.DieAtCall(call);
      const bool is_acknowledged = WriteFileAtomically(fs, "/a", "new").ok();
      if (!fs.is_dead()) break;
      EXPECT_FALSE(is_acknowledged);
      fs.PowerCut(seed);
      const auto bytes = ReadWholeFile(fs, "/a");
      ASSERT_TRUE(bytes.ok()) << bytes.error().message;
      EXPECT_TRUE(*bytes == "old" || *bytes == "new") << *bytes;
    }
}

TEST(FileSystem, AtomicWriteIsDurableWhenItSaysSo) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    testing::FaultFileSystem fs;
    ASSERT_TRUE(WriteFileAtomically(fs, "/a", "old").ok());
    ASSERT_TRUE(WriteFileAtomically(fs, "/a", "new").ok());
    fs.PowerCut(seed);
    EXPECT_EQ(*ReadWholeFile(fs, "/a"), "new");
  }
}

TEST(FileSystem, AtomicWriteLeavesNothingWhenTheDiskIsFull) {
  testing::FaultFileSystem fs;
  ASSERT_TRUE(WriteFileAtomically(fs, "/a", "old").ok());
  fs.SetCapacity(5);
  const Status written = WriteFileAtomically(fs, "/a", "longer");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(*ReadWholeFile(fs, "/a"), "old");
  EXPECT_EQ(fs.used_bytes(), 3u);
}

TEST(FileSystem, DurableDirectoriesSurviveAnAttemptCutShort) {
  for (std::uint64_t call = 1;; ++call) {
    testing::FaultFileSystem fs;
    fs.DieAtCall(call);
    static_cast<void>(CreateDirectoriesDurably(fs, "/a/b/c"));
    if (!fs.is_dead()) break;
    fs.Restart();  // the directories are there, but not all of them are on the disk
    ASSERT_TRUE(CreateDirectoriesDurably(fs, "/a/b/c").ok());
    fs.PowerCutLosingAll();
    EXPECT_TRUE(*fs.Exists("/a/b/c")) << "died at call " << call;
  }
}

TEST(PosixFileSystem, TellsAFullDiskFromABrokenOne) {
  const auto fs = MakePosixFileSystem();
  const auto full = fs->Open("/dev/full", OpenMode::kReadWrite);
  if (!full.ok()) GTEST_SKIP() << full.error().message;
  const Status written = (*full)->WriteAt(0, AsBytes("x"));
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(written.error().message, "write '/dev/full': No space left on device");
}

TEST(PosixFileSystem, FinishesAWriteThatTheSystemCutsShort) {
  // A pipe-like short write cannot be asked of a file, but the largest size of a file can be set:
  // the system then takes the part that fits.
  testing::TempDir dir;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 10, .rlim_max = 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto file = MakePosixFileSystem()->Open(dir.path() + "/a", OpenMode::kCreateNew);
    const bool is_refused = file.ok() && !(*file)->WriteAt(0, AsBytes("0123456789abc")).ok();
    ::_exit(is_refused && *(*file)->Size() == 10 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(PosixFileSystem, LockHoldsBetweenProcessesAndEndsWithThem) {
  testing::TempDir dir;
  const std::string path = dir.path() + "/lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = MakePosixFileSystem()->Lock(path);
    const char answer = lock.ok() ? 'y' : 'n';
    static_cast<void>(!::write(ready[1], &answer, 1));
    for (;;) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto fs = MakePosixFileSystem();
  EXPECT_EQ(fs->Lock(path).error().code, ErrorCode::kConflict);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(fs->Lock(path).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(PosixFileSystem, SkipsNothingButDotsWhenListing) {
  testing::TempDir dir;
  const auto fs = MakePosixFileSystem();
  ASSERT_TRUE(WriteFileAtomically(*fs, dir.path() + "/.hidden", "x").ok());
  stdfs::create_symlink("nowhere", dir.path() + "/dangling");
  const auto entries = fs->List(dir.path());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u) << "a symlink to nowhere is no file";
  EXPECT_EQ((*entries)[0].name, ".hidden");
}

}  // namespace
}  // namespace tidemill
