#include "base/path_guard.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "testing/temp_dir.h"

namespace tidemill {
namespace {

namespace stdfs = std::filesystem;

class PathGuard : public ::testing::Test {
 protected:
  PathGuard() {
    stdfs::create_directories(root_ + "/package/models");
    stdfs::create_directories(outside_);
    std::ofstream(root_ + "/plugin.py") << "x";
    std::ofstream(outside_ + "/secret") << "x";
  }

  void ExpectInside(std::string_view relative, const std::string& resolved) {
    SCOPED_TRACE(relative);
    const auto path = ResolveInside(root_, relative);
    ASSERT_TRUE(path.ok()) << path.error().message;
    EXPECT_EQ(*path, root_ + resolved);
  }
  void ExpectRefused(std::string_view relative) {
    SCOPED_TRACE(relative);
    const auto path = ResolveInside(root_, relative);
    ASSERT_FALSE(path.ok()) << *path;
    EXPECT_EQ(path.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(path.error().message, "Path traversal detected: plugin filename '" +
                                        std::string(relative) +
                                        "' attempts to access files outside the plugin directory");
  }

  testing::TempDir dir_;
  const std::string root_ = stdfs::canonical(dir_.path()).string() + "/plugins";
  const std::string outside_ = stdfs::canonical(dir_.path()).string() + "/plugins_outside";
};

TEST_F(PathGuard, ResolvesNamesBelowTheRoot) {
  ExpectInside("plugin.py", "/plugin.py");
  ExpectInside("./plugin.py", "/plugin.py");
  ExpectInside("package/", "/package");
  ExpectInside("package//models/./a.py", "/package/models/a.py");
  ExpectInside("new/and/deeper.py", "/new/and/deeper.py");
  ExpectInside("..hidden", "/..hidden");
  ExpectInside("a..b/...", "/a..b/...");
}

TEST_F(PathGuard, RefusesNamesThatClimbOrStartElsewhere) {
  for (const char* relative :
       {"..", "../x", "../../x", "a/../x", "a/../../x", "package/..",
        "package/../../plugins/plugin.py", "/", "/etc/passwd", "//x", "./../x"})
    ExpectRefused(relative);
  ExpectRefused(std::string(root_) + "/plugin.py");
  ExpectRefused(std::string_view("a\0b", 3));
}

TEST_F(PathGuard, RefusesNamesOfNothing) {
  for (const char* relative : {"", ".", "./", "././."}) {
    const auto path = ResolveInside(root_, relative);
    ASSERT_FALSE(path.ok()) << relative;
    EXPECT_EQ(path.error().message,
              "path '" + std::string(relative) + "': expected the name of a file");
  }
}

TEST_F(PathGuard, FollowsSymlinksThatStayInside) {
  stdfs::create_symlink("plugin.py", root_ + "/alias.py");
  stdfs::create_symlink(root_ + "/package", root_ + "/absolute");
  stdfs::create_symlink("../../plugin.py", root_ + "/package/models/up.py");
  ExpectInside("alias.py", "/plugin.py");
  ExpectInside("absolute/models/new.py", "/package/models/new.py");
  ExpectInside("package/models/up.py", "/plugin.py");
}

TEST_F(PathGuard, RefusesSymlinksThatLeaveTheRoot) {
  stdfs::create_symlink(outside_ + "/secret", root_ + "/file");
  stdfs::create_symlink(outside_, root_ + "/directory");
  stdfs::create_symlink("../plugins_outside", root_ + "/relative");
  stdfs::create_symlink("directory", root_ + "/chain");
  stdfs::create_symlink("/", root_ + "/slash");
  ExpectRefused("file");
  ExpectRefused("directory");
  ExpectRefused("directory/secret");
  ExpectRefused("directory/new.py");
  ExpectRefused("relative/secret");
  ExpectRefused("chain/secret");
  ExpectRefused("slash/etc/passwd");
}

TEST_F(PathGuard, RefusesSymlinksToNowhere) {
  stdfs::create_symlink(outside_ + "/not_yet", root_ + "/dangling");
  stdfs::create_symlink("loop", root_ + "/loop");
  ExpectRefused("dangling");
  ExpectRefused("dangling/x");
  ExpectRefused("loop");
}

TEST_F(PathGuard, TakesARootThatIsItselfASymlink) {
  const std::string alias = stdfs::canonical(dir_.path()).string() + "/alias";
  stdfs::create_symlink(root_, alias);
  const auto path = ResolveInside(alias, "plugin.py");
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, root_ + "/plugin.py");
}

TEST_F(PathGuard, NamesARootThatIsMissing) {
  const auto path = ResolveInside(root_ + "/missing", "plugin.py");
  ASSERT_FALSE(path.ok());
  EXPECT_EQ(path.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(path.error().message, "resolve '" + root_ + "/missing': No such file or directory");
}

}  // namespace
}  // namespace tidemill
