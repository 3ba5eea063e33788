// Real plugins in real worker processes: what works, and what each way to fail ends in.
#include "plugin_host/worker_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <thread>

#include "plugin_host/host_test_bench.h"

namespace tidemill::plugin_host {
namespace {

using engine::RunOutcome;
using engine::RunResult;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class WorkerHostTest : public HostTestBench {
 protected:
  static void ExpectOk(const RunResult& result) {
    EXPECT_EQ(result.outcome, RunOutcome::kOk) << result.error << "\n" << result.traceback;
  }
  static void ExpectEnd(const RunResult& result, RunOutcome outcome, const std::string& error) {
    EXPECT_EQ(result.outcome, outcome) << result.error << "\n" << result.traceback;
    EXPECT_THAT(result.error, HasSubstr(error)) << result.traceback;
    EXPECT_TRUE(result.outputs.empty());
  }
};

// ---- What plugins are given ---------------------------------------------------------------------

TEST_F(WorkerHostTest, GivesRowsAsDictsAndArgumentsAsStrings) {
  arguments_ = {{{"threshold", "90"}}};
  ExpectOk(RunBody("influxdb3_local.info('i', table_batches, args)"));
  EXPECT_THAT(services_.logs(),
              ElementsAre("I: i [{'table_name': 'cpu', 'rows': [{'host': 'a', 'usage': 0.5, "
                          "'time': 500}]}] {'threshold': '90'}"));
}

TEST_F(WorkerHostTest, AbsentArgumentsAreNone) {
  ExpectOk(RunBody("assert args is None"));
  arguments_.emplace();
  ExpectOk(RunBody("assert args == {}"));
}

TEST_F(WorkerHostTest, ColumnsOfTheSchemaWithoutValueReadAsNone) {
  ExpectOk(
      RunBody("row = table_batches[0]['rows'][0]\n"
              "assert row['load'] is None and 'load' not in row and row.get('load', 7) == 7"));
}

TEST_F(WorkerHostTest, AnUnknownColumnNamesTheNearest) {
  ExpectEnd(RunBody("table_batches[0]['rows'][0]['usgae']"), RunOutcome::kFailed,
            "table 'cpu' has no column 'usgae'; did you mean 'usage'?");
}

TEST_F(WorkerHostTest, CollectsQueuedLinesByDatabaseInOrder) {
  const RunResult result = RunBody(
      "class Lines:\n"
      "    def build(self): return 'x v=1\\ny v=2'\n"
      "influxdb3_local.write(LineBuilder('cpu').tag('h', 'a b').int64_field('n', 1).time_ns(5))\n"
      "influxdb3_local.write_to_db('other', Lines())\n"
      "influxdb3_local.write(LineBuilder('mem').float64_field('f', 2))");
  ExpectOk(result);
  ASSERT_EQ(result.outputs.size(), 2u);
  EXPECT_EQ(result.outputs[0].database, "");
  EXPECT_EQ(result.outputs[0].lines, "cpu,h=a\\ b n=1i 5\nmem f=2.0");
  EXPECT_EQ(result.outputs[1].database, "other");
  EXPECT_EQ(result.outputs[1].lines, "x v=1\ny v=2");
}

TEST_F(WorkerHostTest, KeepsLogLinesInOrder) {
  ExpectOk(
      RunBody("for i in range(500): influxdb3_local.info(i)\n"
              "influxdb3_local.warn('w', 1, None)\n"
              "influxdb3_local.error()"));
  const auto logs = services_.logs();
  ASSERT_EQ(logs.size(), 502u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(logs[i], "I: " + std::to_string(i));
  EXPECT_EQ(logs[500], "W: w 1 None");
  EXPECT_EQ(logs[501], "E: ");
}

TEST_F(WorkerHostTest, QueriesReturnDictsOfPythonValues) {
  services_.on_query = [](std::string sql, std::map<std::string, std::string> parameters,
                          std::string database) -> Result<engine::QueryRows> {
    EXPECT_EQ(sql, "SELECT 1 WHERE a = $a");
    EXPECT_EQ(parameters.at("a"), "é");
    EXPECT_EQ(database, "other");
    columnar::ValueVector n;
    n.type.kind = columnar::ValueKind::kInt64;
    n.words = {std::bit_cast<std::uint64_t>(std::int64_t{-3}), 0};
    n.valid = {1, 0};
    columnar::ValueVector s;
    s.type.kind = columnar::ValueKind::kString;
    s.strings.Append("é");
    s.strings.Append("");
    engine::QueryRows rows;
    rows.columns = {{"n", n.type}, {"s", s.type}};
    rows.batches.push_back({2, {n, s}});
    return rows;
  };
  ExpectOk(
      RunBody("rows = influxdb3_local.query('SELECT 1 WHERE a = $a', args={'a': 'é'}, "
              "database='other')\n"
              "assert rows == [{'n': -3, 's': 'é'}, {'n': None, 's': ''}], rows"));
}

TEST_F(WorkerHostTest, LargeResultsAndLargeLinesTravelInSharedMemory) {
  services_.on_query = [](auto, auto, auto) {
    columnar::ValueVector n;
    n.type.kind = columnar::ValueKind::kUInt64;
    for (std::uint64_t i = 0; i < 200'000; ++i) n.words.push_back(i);
    engine::QueryRows rows;
    rows.columns = {{"n", n.type}};
    rows.batches.push_back({n.words.size(), {n}});
    return rows;
  };
  const RunResult result = RunBody(
      "class Lines:\n"
      "    def __init__(self, text): self.text = text\n"
      "    def build(self): return self.text\n"
      "rows = influxdb3_local.query('q')\n"
      "assert sum(row['n'] for row in rows) == 200000 * 199999 // 2\n"
      "influxdb3_local.write_sync(Lines('s' * 300000), no_sync=True)\n"
      "influxdb3_local.write(Lines('x' * 400000))");
  ExpectOk(result);
  ASSERT_EQ(result.outputs.size(), 1u);
  EXPECT_EQ(result.outputs[0].lines, std::string(400'000, 'x'));
  ASSERT_EQ(services_.writes().size(), 1u);
  EXPECT_EQ(services_.writes()[0].size(), 300'000 + std::string("||no_sync").size());
}

TEST_F(WorkerHostTest, AFailedQueryIsAQueryError) {
  services_.on_query = [](auto, auto, auto) -> Result<engine::QueryRows> {
    return InvalidError("error: no table 'x' executing query on d: SELECT");
  };
  ExpectOk(
      RunBody("try:\n"
              "    influxdb3_local.query('SELECT')\n"
              "except QueryError as e:\n"
              "    assert type(e).__name__ == 'QueryError'\n"
              "    assert str(e) == \"error: no table 'x' executing query on d: SELECT\""));
  ExpectEnd(RunBody("influxdb3_local.query('SELECT', {'a': 1})"), RunOutcome::kFailed,
            "TypeError: query args must be str, but 'a' is of type int");
}

TEST_F(WorkerHostTest, SynchronousWritesHappenAtOnceAndRaise) {
  ExpectOk(
      RunBody("class Lines:\n"
              "    def __init__(self, text): self.text = text\n"
              "    def build(self): return self.text\n"
              "influxdb3_local.write_sync(Lines('a v=1'), no_sync=True)\n"
              "influxdb3_local.write_sync_to_db('o', Lines('b v=1'), False)\n"
              "try:\n"
              "    influxdb3_local.write_sync(Lines('bad'), False)\n"
              "except Exception as e:\n"
              "    assert str(e) == 'error writing line protocol to d: no such luck'\n"
              "else:\n"
              "    raise AssertionError('did not raise')"));
  EXPECT_THAT(services_.writes(), ElementsAre("|a v=1|no_sync", "o|b v=1|sync", "|bad|sync"));
}

TEST_F(WorkerHostTest, LiveObjectsSurviveInTheCacheBetweenRuns) {
  const std::string body =
      "import threading\n"
      "lock = influxdb3_local.cache.get('lock')\n"
      "influxdb3_local.info(lock is None, lock is not None and lock.locked())\n"
      "if lock is None:\n"
      "    lock = threading.Lock()\n"
      "    lock.acquire()\n"
      "    influxdb3_local.cache.put('lock', lock)\n";
  ExpectOk(RunBody(body));
  ExpectOk(RunBody(body));
  EXPECT_THAT(services_.logs(), ElementsAre("I: True False", "I: False True"));
}

TEST_F(WorkerHostTest, GlobalCacheValuesAreTheSameObjectWhileUnchanged) {
  ExpectOk(
      RunBody("cache = influxdb3_local.cache\n"
              "cache.put('k', [1, 2], 60, True)\n"
              "first = cache.get('k', use_global=True)\n"
              "assert first == [1, 2] and first is cache.get('k', use_global=True)\n"
              "assert cache.get('k') is None\n"
              "try:\n"
              "    cache.put('f', lambda: 1, use_global=True)\n"
              "except TypeError as e:\n"
              "    assert \"'f'\" in str(e), e\n"
              "else:\n"
              "    raise AssertionError('did not raise')"));
  // Another trigger has another process.
  dir_.Write("other.py",
             "def process_writes(influxdb3_local, table_batches, args):\n"
             "    cache = influxdb3_local.cache\n"
             "    assert cache.get('k', use_global=True) == [1, 2]\n"
             "    assert cache.delete('k', use_global=True) is True\n"
             "    assert cache.delete('k', use_global=True) is False\n"
             "    assert cache.get('k', 5, True) == 5\n");
  ExpectOk(BlockOn(host_->Run(RequestFor("other.py", OneRow(), 2), services_)));
}

TEST_F(WorkerHostTest, ScheduledCallsGetANaiveTimeInUtc) {
  dir_.Write("tick.py",
             "def process_scheduled_call(influxdb3_local, call_time, args):\n"
             "    influxdb3_local.info(call_time, call_time.tzinfo, call_time.timestamp())\n");
  ExpectOk(Run("tick.py", engine::ScheduleCall{Timestamp(1'700'000'000'000'000'000)}));
  EXPECT_THAT(services_.logs(), ElementsAre("I: 2023-11-14 22:13:20 None 1700000000.0"));
}

TEST_F(WorkerHostTest, RequestsAreAnswered) {
  dir_.Write("web.py",
             "def process_request(influxdb3_local, query, headers, body, args):\n"
             "    return {'q': query, 'h': headers, 'b': body.decode()}, 201, {'X-One': '1'}\n");
  engine::RequestCall call;
  call.query = {{"a", "1"}};
  call.headers = {{"host", "h"}, {"accept", "x"}};
  call.body = "hello";
  const RunResult result = Run("web.py", call);
  ExpectOk(result);
  ASSERT_TRUE(result.answer.has_value());
  EXPECT_EQ(result.answer->status, 201);
  EXPECT_EQ(result.answer->body,
            R"({"q": {"a": "1"}, "h": {"host": "h", "accept": "x"}, "b": "hello"})");
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Type", "application/json"}, {"X-One", "1"}};
  EXPECT_EQ(result.answer->headers, headers);
}

TEST_F(WorkerHostTest, TheEnvironmentNamesThePluginDirectoryAndNoSecrets) {
  ExpectOk(
      RunBody("import os\n"
              "d = os.environ['PLUGIN_DIR']\n"
              "assert d == os.environ['INFLUXDB3_PLUGIN_DIR']\n"
              "assert d == os.path.dirname(os.environ['VIRTUAL_ENV'])\n"
              "assert os.environ['TZ'] == 'UTC' and os.environ['OF_THE_SITE'] == 'yes'\n"
              "assert os.environ['OMP_NUM_THREADS'] == '1'\n"
              "assert 'SECRET_OF_THE_SERVER' not in os.environ\n"
              "assert sorted(os.listdir('/proc/self/fd'))[:4] == ['0', '1', '2', '3']\n"
              "assert open('/proc/self/oom_score_adj').read().strip() == '800'\n"
              "assert os.getpgid(0) == os.getpid()"));
}

TEST_F(WorkerHostTest, ThreadsOfAPluginMayUseTheServerWhileTheRunLasts) {
  ExpectOk(
      RunBody("import threading\n"
              "def work(i): influxdb3_local.info('thread', i); influxdb3_local.query('q')\n"
              "threads = [threading.Thread(target=work, args=(i,)) for i in range(20)]\n"
              "[t.start() for t in threads]\n"
              "[t.join() for t in threads]"));
  EXPECT_EQ(services_.logs().size(), 20u);
}

TEST_F(WorkerHostTest, RunsOfOneTriggerMayOverlap) {
  dir_.Write("meet.py",
             "import threading\n"
             "def process_writes(influxdb3_local, table_batches, args):\n"
             "    barrier = influxdb3_local.cache.get('barrier')\n"
             "    if barrier is None:\n"
             "        influxdb3_local.cache.put('barrier', threading.Barrier(2))\n"
             "        return\n"
             "    barrier.wait(10)\n");
  ExpectOk(Run("meet.py"));
  RunResult first;
  std::thread other([&] { first = Run("meet.py"); });
  ExpectOk(Run("meet.py"));
  other.join();
  ExpectOk(first);
}

TEST_F(WorkerHostTest, RunsThePluginsOfTheTestDirectory) {
  Open(OptionsFor(TIDEMILL_PLUGIN_CASES_DIR));
  ExpectOk(Run("print_rows/plugin.py"));
  EXPECT_THAT(services_.logs(),
              ElementsAre("I: cpu", "I: {'host': 'a', 'usage': 0.5, 'time': 500}"));
  arguments_ = {{{"double_count_table", "cpu"}}};
  for (const char* plugin : {"count_rows/plugin.py", "count_rows_package"}) {
    SCOPED_TRACE(plugin);
    const RunResult result = BlockOn(host_->Run(RequestFor(plugin, OneRow(), 2), services_));
    ExpectOk(result);
    ASSERT_EQ(result.outputs.size(), 1u);
    EXPECT_EQ(result.outputs[0].lines, "write_reports,table_name=cpu row_count=2i");
  }
}

// ---- Code that changes --------------------------------------------------------------------------

TEST_F(WorkerHostTest, AnEditedFileRunsAtTheNextRun) {
  for (int i = 0; i < 5; ++i) ExpectOk(RunBody("influxdb3_local.info(" + std::to_string(i) + ")"));
  EXPECT_THAT(services_.logs(), ElementsAre("I: 0", "I: 1", "I: 2", "I: 3", "I: 4"));
}

TEST_F(WorkerHostTest, AnEditedPackageRunsAtTheNextRun) {
  dir_.Write("alerts/__init__.py",
             "from .text import TEXT\n"
             "from alerts import text\n"
             "import alerts.text as again\n"
             "assert text is again\n"
             "def process_writes(influxdb3_local, table_batches, args):\n"
             "    influxdb3_local.info(TEXT)\n");
  for (const char* text : {"one", "two", "six"}) {
    dir_.Write("alerts/text.py", std::string("TEXT = '") + text + "'\n");
    ExpectOk(Run("alerts"));
  }
  EXPECT_THAT(services_.logs(), ElementsAre("I: one", "I: two", "I: six"));
}

TEST_F(WorkerHostTest, EverySingleFileRunHasFreshGlobals) {
  dir_.Write("count.py",
             "n = 0\n"
             "def process_writes(influxdb3_local, table_batches, args):\n"
             "    global n\n"
             "    n += 1\n"
             "    influxdb3_local.info(n, __name__, __file__.endswith('count.py'))\n");
  ExpectOk(Run("count.py"));
  ExpectOk(Run("count.py"));
  EXPECT_THAT(services_.logs(), ElementsAre("I: 1 count True", "I: 1 count True"));
}

// ---- Errors -------------------------------------------------------------------------------------

TEST_F(WorkerHostTest, AnExceptionCarriesItsTracebackAndDropsQueuedLines) {
  const RunResult result = RunBody(
      "influxdb3_local.write(LineBuilder('cpu').int64_field('n', 1))\n"
      "raise ValueError('boom')");
  ExpectEnd(result, RunOutcome::kFailed, "ValueError: boom");
  EXPECT_THAT(result.traceback,
              AllOf(HasSubstr("body.py\", line 3, in process_writes"),
                    HasSubstr("raise ValueError('boom')"), Not(HasSubstr("tidemill_worker"))));
}

TEST_F(WorkerHostTest, EveryWayToRaiseIsAnError) {
  ExpectEnd(RunBody("import sys\nsys.exit(3)"), RunOutcome::kFailed, "SystemExit: 3");
  ExpectEnd(RunBody("raise KeyboardInterrupt"), RunOutcome::kFailed, "KeyboardInterrupt");
  ExpectEnd(RunBody("raise GeneratorExit"), RunOutcome::kFailed, "GeneratorExit");
  ExpectEnd(RunBody("def f(): f()\nf()"), RunOutcome::kFailed, "RecursionError");
  ExpectEnd(RunBody("influxdb3_local.write('cpu v=1')"), RunOutcome::kFailed,
            "AttributeError: 'str' object has no attribute 'build'");
  ExpectEnd(RunBody("import no_such_module"), RunOutcome::kFailed,
            "ModuleNotFoundError: No module named 'no_such_module'");
  ExpectEnd(RunBody("class E(Exception):\n    def __str__(self): raise ValueError\nraise E"),
            RunOutcome::kFailed, "E: (its text cannot be printed)");
  ExpectOk(RunBody("pass"));
}

TEST_F(WorkerHostTest, ASyntaxErrorNamesFileAndLine) {
  dir_.Write("wrong.py", "x = 1\nsurely this is wrong\n");
  const RunResult result = Run("wrong.py");
  ExpectEnd(result, RunOutcome::kFailed, "SyntaxError: invalid syntax (wrong.py, line 2)");
  EXPECT_THAT(result.traceback, HasSubstr("surely this is wrong"));
}

TEST_F(WorkerHostTest, AMissingFunctionSaysHowToDefineIt) {
  dir_.Write("empty.py", "def process_request(a): pass\n");
  ExpectEnd(Run("empty.py"), RunOutcome::kFailed,
            "the process_writes function is not present in the plugin. Should be defined as: "
            "process_writes(influxdb3_local, table_batches, args=None). empty.py defines "
            "process_request.");
}

TEST_F(WorkerHostTest, TooFewParametersAreATypeError) {
  dir_.Write("two.py", "def process_writes(influxdb3_local, table_batches): pass\n");
  ExpectEnd(Run("two.py"), RunOutcome::kFailed,
            "TypeError: process_writes() takes 2 positional arguments but 3 were given");
}

TEST_F(WorkerHostTest, AMissingFileIsAnErrorWithTheNearestName) {
  dir_.Write("alerts.py", "");
  ExpectEnd(Run("alert.py"), RunOutcome::kFailed, "did you mean 'alerts.py'?");
}

// ---- Processes that die -------------------------------------------------------------------------

TEST_F(WorkerHostTest, ASegmentationFaultIsACrashWithPythonsStack) {
  const RunResult result = RunBody("import ctypes\nctypes.string_at(0)");
  ExpectEnd(result, RunOutcome::kCrashed,
            "the worker process was killed by signal 11 (Segmentation fault)");
  EXPECT_THAT(result.traceback, HasSubstr("body.py\", line 3 in process_writes"));
  ExpectOk(RunBody("pass"));
}

TEST_F(WorkerHostTest, AnExitIsACrash) {
  ExpectEnd(RunBody("import os\nos._exit(3)"), RunOutcome::kCrashed,
            "the worker process exited with code 3");
  ExpectOk(RunBody("pass"));
}

TEST_F(WorkerHostTest, ClosingAllDescriptorsIsACrash) {
  ExpectEnd(RunBody("import os\nos.closerange(0, 4096)"), RunOutcome::kCrashed,
            "the worker process");
  ExpectOk(RunBody("pass"));
}

TEST_F(WorkerHostTest, ChildrenOfADeadWorkerDieToo) {
  const RunResult result = RunBody(
      "import os, subprocess\n"
      "child = subprocess.Popen(['sleep', '1000'])\n"
      "influxdb3_local.info(child.pid)\n"
      "influxdb3_local.query('so that the line above has arrived')\n"
      "os._exit(1)");
  ExpectEnd(result, RunOutcome::kCrashed, "");
  const auto logs = services_.logs();
  ASSERT_EQ(logs.size(), 1u);
  const FileDescriptor child(
      static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(logs[0].substr(3)), 0)));
  if (!child.valid()) return;  // gone, and reaped
  pollfd ended{child.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1) << "the child lives on";
}

TEST_F(WorkerHostTest, AForkedChildCannotEndTheRun) {
  const RunResult result = RunBody(
      "import os\n"
      "pid = os.fork()\n"
      "if pid == 0: return\n"
      "os.waitpid(pid, 0)\n"
      "influxdb3_local.write(LineBuilder('m').int64_field('n', 1))");
  ExpectOk(result);
  EXPECT_EQ(result.outputs.size(), 1u);
}

TEST_F(WorkerHostTest, CrashesInARowMakeTheNextRunWait) {
  WorkerHost::Options options = OptionsFor(dir_.path());
  options.limits.crashes_max = 2;
  options.limits.probe_interval = std::chrono::milliseconds(700);
  Open(std::move(options));
  RunBody("import os\nos._exit(3)");
  RunBody("import os\nos._exit(3)");
  const auto began = std::chrono::steady_clock::now();
  ExpectOk(RunBody("pass"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(500));
}

// ---- Runs that do not end -----------------------------------------------------------------------

TEST_F(WorkerHostTest, ARunOverItsTimeIsInterruptedAndTheWorkerStays) {
  ExpectOk(RunBody("influxdb3_local.cache.put('kept', object())"));
  time_limit_ = std::chrono::milliseconds(300);
  for (const std::string body : {"while True: pass", "import time\ntime.sleep(1000)",
                                 "import socket\na, b = socket.socketpair()\na.recv(1)",
                                 "import asyncio\nasyncio.run(asyncio.sleep(1000))",
                                 "try:\n    while True: pass\nexcept Exception: pass"}) {
    SCOPED_TRACE(body);
    const RunResult result = RunBody(body);
    ExpectEnd(result, RunOutcome::kTimeout,
              "the run took longer than its time limit of 300ms and was stopped");
    EXPECT_THAT(result.error, Not(HasSubstr("killed")));
    EXPECT_THAT(result.traceback,
                AllOf(HasSubstr("body.py"), HasSubstr("KeyboardInterrupt: influxdb3 is shutting "
                                                      "down; aborting plugin execution")));
  }
  time_limit_ = std::chrono::seconds(30);
  ExpectOk(RunBody("assert influxdb3_local.cache.get('kept') is not None"));
}

TEST_F(WorkerHostTest, ARunThatIgnoresTheInterruptIsKilled) {
  WorkerHost::Options options = OptionsFor(dir_.path());
  options.limits.grace = std::chrono::milliseconds(200);
  Open(std::move(options));
  time_limit_ = std::chrono::milliseconds(300);
  const RunResult result = RunBody(
      "import time\n"
      "while True:\n"
      "    try:\n"
      "        while True: time.sleep(10)\n"
      "    except BaseException: pass");
  ExpectEnd(result, RunOutcome::kTimeout, "its worker process was killed");
  EXPECT_THAT(result.traceback, HasSubstr("in process_writes"));
  time_limit_ = std::chrono::seconds(30);
  ExpectOk(RunBody("pass"));
}

TEST_F(WorkerHostTest, CodeThatHoldsTheInterpreterIsKilled) {
  WorkerHost::Options options = OptionsFor(dir_.path());
  options.limits.grace = std::chrono::milliseconds(200);
  Open(std::move(options));
  time_limit_ = std::chrono::milliseconds(300);
  ExpectEnd(RunBody("import re\nre.match('(a+)+b', 'a' * 60)"), RunOutcome::kTimeout,
            "was stopped");
}

TEST_F(WorkerHostTest, ACancelledRunCannotUseTheServer) {
  time_limit_ = std::chrono::milliseconds(300);
  ExpectEnd(RunBody("try:\n"
                    "    while True: pass\n"
                    "except KeyboardInterrupt: pass\n"
                    "influxdb3_local.info('not any more')"),
            RunOutcome::kTimeout, "");
  EXPECT_TRUE(services_.logs().empty());
}

TEST_F(WorkerHostTest, RetiringATriggerCancelsItsRunsAndDropsItsCache) {
  ExpectOk(RunBody("influxdb3_local.cache.put('k', 1)"));
  Completion<int> queried;
  services_.on_query = [&](auto, auto, auto) {
    queried.Complete(1);
    return engine::QueryRows{};
  };
  RunResult result;
  std::thread run([&] { result = RunBody("influxdb3_local.query('q')\nwhile True: pass"); });
  BlockOn([](Completion<int> wait) -> Task<int> { co_return co_await wait; }(queried));
  host_->Retire(TriggerId(1));
  run.join();
  ExpectEnd(result, RunOutcome::kCancelled, "the trigger was disabled, deleted or changed");
  ExpectOk(RunBody("assert influxdb3_local.cache.get('k') is None"));
}

TEST_F(WorkerHostTest, StoppingInterruptsWhatRuns) {
  Completion<int> queried;
  services_.on_query = [&](auto, auto, auto) {
    queried.Complete(1);
    return engine::QueryRows{};
  };
  RunResult result;
  std::thread run([&] { result = RunBody("influxdb3_local.query('q')\nwhile True: pass"); });
  BlockOn([](Completion<int> wait) -> Task<int> { co_return co_await wait; }(queried));
  host_->Stop();
  run.join();
  ExpectEnd(result, RunOutcome::kInterrupted, "the server is stopping");
  ExpectEnd(RunBody("pass"), RunOutcome::kInterrupted, "the server is stopping");
}

TEST_F(WorkerHostTest, AWorkerOverItsMemoryIsEnded) {
  WorkerHost::Options options = OptionsFor(dir_.path());
  options.limits.memory_bytes_max = 100 << 20;
  options.limits.memory_look = std::chrono::milliseconds(20);
  Open(std::move(options));
  ExpectEnd(RunBody("x = b'x' * (200 << 20)\nwhile True: pass"), RunOutcome::kCrashed,
            "of memory, at most 100 MiB are allowed");
}

// ---- Output -------------------------------------------------------------------------------------

TEST_F(WorkerHostTest, GarbageOnTheOutputDoesNoHarm) {
  ExpectOk(
      RunBody("import sys, os\n"
              "os.write(1, os.urandom(1 << 20))\n"
              "print('\\udc80')\n"
              "for i in range(20000): print('x' * 100, file=sys.stderr)\n"
              "sys.stdout.close()\n"
              "influxdb3_local.info('done')"));
  EXPECT_THAT(services_.logs(), ElementsAre("I: done"));
}

TEST_F(WorkerHostTest, GarbageOnTheControlSocketEndsTheWorker) {
  ExpectEnd(RunBody("import socket, time\n"
                    "socket.socket(fileno=3).send(b'garbage')\n"
                    "time.sleep(1000)"),
            RunOutcome::kCrashed, "the worker process sent a bad frame: frame of 7 bytes");
  ExpectOk(RunBody("pass"));
}

// ---- Rows are dicts -----------------------------------------------------------------------------

TEST_F(WorkerHostTest, RowsDoWhatDictsDo) {
  ExpectOk(
      RunBody("import copy, json, pickle\n"
              "rows = table_batches[0]['rows']\n"
              "row = rows[0]\n"
              "plain = {'host': 'a', 'usage': 0.5, 'time': 500}\n"
              "assert isinstance(rows, list) and isinstance(row, dict) and row == plain\n"
              "assert json.dumps(row) == json.dumps(plain) and str(row) == str(plain)\n"
              "assert row | {'x': 1} == {**row, 'x': 1} == {**plain, 'x': 1}\n"
              "assert copy.copy(row) == copy.deepcopy(row) == row.copy() == plain\n"
              "assert pickle.loads(pickle.dumps(row)) == plain\n"
              "assert list(row) == ['host', 'usage', 'time'] and len(row) == 3\n"
              "assert rows[:1] == [plain] and rows[-1] is row\n"
              "row['new'] = 1\n"
              "del row['host']\n"
              "assert row == {'usage': 0.5, 'time': 500, 'new': 1}\n"
              "assert row['region'] is None and dict(row).get('region') is None\n"
              "match row:\n"
              "    case {'usage': u}: assert u == 0.5"));
}

}  // namespace
}  // namespace tidemill::plugin_host
