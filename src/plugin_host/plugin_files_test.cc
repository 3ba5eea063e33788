#include "plugin_host/plugin_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin_host/host_test_bench.h"

namespace tidemill::plugin_host {
namespace {

using ::testing::HasSubstr;

class PluginFilesTest : public ::testing::Test {
 protected:
  void ExpectError(std::string_view name, ErrorCode code, const std::string& message) {
    SCOPED_TRACE(std::string(name));
    const Status status = files_.Check(name);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, code) << status.error().message;
    EXPECT_THAT(status.error().message, HasSubstr(message));
  }
  TempDir dir_;
  PluginFiles files_{dir_.path()};
};

TEST_F(PluginFilesTest, FindsFilesAndPackages) {
  dir_.Write("alerts.py", "");
  dir_.Write("sub/any.txt", "");
  dir_.Write("pkg/__init__.py", "");
  const auto file = files_.Find("alerts.py");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->path, std::filesystem::canonical(dir_.path()).string() + "/alerts.py");
  EXPECT_FALSE(file->is_package);
  EXPECT_TRUE(files_.Check("sub/any.txt").ok());
  EXPECT_TRUE(files_.Check("./alerts.py").ok());
  for (const char* name : {"pkg", "pkg/"}) {
    const auto package = files_.Find(name);
    ASSERT_TRUE(package.ok()) << package.error().message;
    EXPECT_TRUE(package->is_package);
    EXPECT_FALSE(package->path.ends_with('/'));
  }
}

TEST_F(PluginFilesTest, NamesTheNearestThatThereIs) {
  dir_.Write("sub/alerts.py", "");
  dir_.Write("downsampler/__init__.py", "");
  ExpectError("sub/alert.py", ErrorCode::kNotFound,
              "Plugin not found: " + dir_.path() + "/sub/alert.py");
  ExpectError("sub/alert.py", ErrorCode::kNotFound, "did you mean 'sub/alerts.py'?");
  ExpectError("downsample", ErrorCode::kNotFound, "did you mean 'downsampler'?");
  ExpectError("nothing/like/it.py", ErrorCode::kNotFound, "Plugin not found");
}

TEST_F(PluginFilesTest, StaysInsideThePluginDirectory) {
  std::filesystem::create_symlink("/etc", dir_.path() + "/out");
  for (const char* name : {"../x.py", "a/../../x.py", "/etc/passwd", "out/passwd"})
    ExpectError(name, ErrorCode::kInvalid, "Path traversal detected");
}

TEST_F(PluginFilesTest, APackageNeedsItsInitFile) {
  dir_.Write("pkg/other.py", "");
  ExpectError("pkg", ErrorCode::kInvalid, "Multi-file plugin directory must contain __init__.py: ");
}

TEST_F(PluginFilesTest, RefusesWhatIsNoName) {
  ExpectError("", ErrorCode::kInvalid, "relative to the plugin directory");
  ExpectError(std::string_view("a\0b", 3), ErrorCode::kInvalid, "relative to the plugin directory");
  ExpectError("gh:influxdata/x.py", ErrorCode::kUnsupported, "gh:influxdata/x.py");
}

TEST(PluginFiles, SayWhichFlagIsMissing) {
  PluginFiles files("");
  const Status status = files.Check("a.py");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(status.error().message,
            "Node not configured with plugin directory: start the server with --plugin-dir");
}

}  // namespace
}  // namespace tidemill::plugin_host
