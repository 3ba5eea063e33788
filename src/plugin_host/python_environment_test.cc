#include "plugin_host/python_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "plugin_host/host_test_bench.h"

namespace tidemill::plugin_host {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class PythonEnvironmentTest : public ::testing::Test {
 protected:
  PythonEnvironmentTest() {
    options_.plugin_dir = dir_.path();
    options_.worker_package_dir = TIDEMILL_PYTHON_DIR;
    options_.environment = {"PATH=/usr/bin", "PYTHONHOME=/nowhere", "TOKEN=secret"};
  }
  void ExpectUnavailable(const std::string& why) {
    const auto launch = PythonEnvironment(options_).Launch();
    ASSERT_FALSE(launch.ok());
    EXPECT_EQ(launch.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(launch.error().message, HasSubstr(why));
  }
  // A "Python" that prints what it is told to.
  std::string FakePython(const std::string& name, const std::string& printed) {
    dir_.Write(name, "#!/bin/sh\necho '" + printed + "'\n");
    ::chmod((dir_.path() + "/" + name).c_str(), 0755);
    return dir_.path() + "/" + name;
  }

  TempDir dir_;
  PythonEnvironment::Options options_;
};

TEST_F(PythonEnvironmentTest, SaysInOneSentenceWhatIsMissing) {
  PythonEnvironment::Options whole = options_;
  options_.plugin_dir = "";
  ExpectUnavailable("start the server with --plugin-dir");
  options_.plugin_dir = dir_.path() + "/none";
  ExpectUnavailable("the plugin directory " + dir_.path() + "/none does not exist");
  dir_.Write("file", "");
  options_.plugin_dir = dir_.path() + "/file";
  ExpectUnavailable("is not a directory");
  options_ = whole;
  options_.worker_package_dir = dir_.path();
  ExpectUnavailable("the worker package is not installed: " + dir_.path());
  options_ = whole;
  options_.python = dir_.path() + "/python";
  ExpectUnavailable("no Python at " + dir_.path() + "/python");
}

TEST_F(PythonEnvironmentTest, RefusesAnOldOrBrokenPython) {
  options_.python = FakePython("old", "version 3 10 4");
  ExpectUnavailable("is Python 3.10.4, plugins need 3.11 or later");
  options_.python = FakePython("broken", "cannot open shared object");
  ExpectUnavailable("is no working Python: it printed 'cannot open shared object'");
}

TEST_F(PythonEnvironmentTest, NoticesWhenItIsRepaired) {
  options_.python = FakePython("python", "version 3 10 4");
  PythonEnvironment environment(options_);
  EXPECT_FALSE(environment.Launch().ok());
  std::filesystem::remove(options_.python);
  FakePython("python", "version 3 12 0");
  EXPECT_TRUE(environment.Launch().ok());
  std::filesystem::remove(options_.python);
  EXPECT_FALSE(environment.Launch().ok());
}

TEST_F(PythonEnvironmentTest, PrefersTheVirtualEnvironmentOfThePluginDirectory) {
  const auto python_of = [&] {
    const auto launch = PythonEnvironment(options_).Launch();
    return launch.ok() ? (*launch)->arguments[0] : launch.error().message;
  };
  EXPECT_EQ(python_of(), "/usr/bin/python3");
  const std::string from_shell = FakePython("shell/bin/python3", "version 3 11 0");
  options_.environment.push_back("VIRTUAL_ENV=" + dir_.path() + "/shell");
  EXPECT_EQ(python_of(), from_shell);
  const std::string plain = FakePython("venv/bin/python3", "version 3 11 0");
  EXPECT_EQ(python_of(), plain);
  const std::string hidden = FakePython(".venv/bin/python3", "version 3 11 0");
  EXPECT_EQ(python_of(), hidden);
  const std::string asked = FakePython("asked/bin/python3", "version 3 11 0");
  options_.virtual_env = dir_.path() + "/asked";
  EXPECT_EQ(python_of(), asked);
}

TEST_F(PythonEnvironmentTest, TakesRelativePaths) {
  options_.plugin_dir = std::filesystem::relative(dir_.path()).string() + "/";
  const auto launch = PythonEnvironment(options_).Launch();
  ASSERT_TRUE(launch.ok()) << launch.error().message;
  EXPECT_THAT((*launch)->environment, Contains("PLUGIN_DIR=" + dir_.path()));
  EXPECT_THAT((*launch)->environment, Contains("VIRTUAL_ENV=" + dir_.path() + "/.venv"));
}

TEST_F(PythonEnvironmentTest, GivesTheServersEnvironmentLessItsSecrets) {
  options_.withheld_names = {"TOKEN"};
  options_.environment.push_back("OMP_NUM_THREADS=4");
  const auto launch = PythonEnvironment(options_).Launch();
  ASSERT_TRUE(launch.ok()) << launch.error().message;
  const auto& environment = (*launch)->environment;
  for (const std::string& variable :
       {std::string("PATH=/usr/bin"), std::string("TZ=UTC"), "PLUGIN_DIR=" + dir_.path(),
        "INFLUXDB3_PLUGIN_DIR=" + dir_.path(), "VIRTUAL_ENV=" + dir_.path() + "/.venv",
        std::string("OMP_NUM_THREADS=4"), std::string("OPENBLAS_NUM_THREADS=1")})
    EXPECT_THAT(environment, Contains(variable));
  EXPECT_THAT(environment, Not(Contains(HasSubstr("secret"))));
  EXPECT_THAT(environment, Not(Contains(HasSubstr("PYTHONHOME"))));
}

}  // namespace
}  // namespace tidemill::plugin_host
