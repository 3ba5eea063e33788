import json
import os
import sys
import tempfile
import unittest

from tidemill_worker import calls, loader, protocol

WRITES = calls.KINDS[protocol.CALL_WRITE]


class LoaderTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name
        self.loader = loader.Loader()

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def call(self, name, is_package=False, one_loader=None):
        path = os.path.join(self.dir, name)
        return (one_loader or self.loader).function(path, is_package, WRITES)(None, None, None)

    def test_an_edit_with_the_same_size_and_times_is_seen(self):
        path = self.write("p.py", "def process_writes(a, b, c): return 1\n")
        facts = os.stat(path)
        self.assertEqual(self.call("p.py"), 1)
        self.write("p.py", "def process_writes(a, b, c): return 2\n")
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        self.assertEqual(self.call("p.py"), 2)

    def test_quick_edits_of_a_package_are_seen(self):
        self.write("pkg/__init__.py", "from .value import process_writes\n")
        for value in range(20):
            path = self.write("pkg/value.py", f"def process_writes(a, b, c): return {value % 10}\n")
            os.utime(path, ns=(10**18, 10**18))
            self.assertEqual(self.call("pkg", True), value % 10)

    def test_an_unchanged_package_is_imported_once(self):
        self.write("pkg/__init__.py", "n = []\ndef process_writes(a, b, c):\n    n.append(1)\n    return len(n)\n")
        self.assertEqual(self.call("pkg", True), 1)
        self.assertEqual(self.call("pkg", True), 2)

    def test_a_new_file_in_a_package_is_seen(self):
        self.write("pkg/__init__.py", "try:\n    from .more import N\nexcept ImportError:\n    N = 0\n"
                   "def process_writes(a, b, c): return N\n")
        self.assertEqual(self.call("pkg", True), 0)
        self.write("pkg/more.py", "N = 1\n")
        self.assertEqual(self.call("pkg", True), 1)

    def test_packages_of_one_name_do_not_meet(self):
        for parent in ("a", "b"):
            self.write(f"{parent}/plug/__init__.py", "from .sub.name import NAME\nimport plug.sub.name\n"
                       "def process_writes(a, b, c): return NAME, plug.sub.name.NAME\n")
            self.write(f"{parent}/plug/sub/__init__.py", "")
            self.write(f"{parent}/plug/sub/name.py", f"NAME = '{parent}'\n")
        # Each trigger has a process of its own; here the second takes the name over from the first.
        self.assertEqual(self.call("a/plug", True)[0], "a")
        self.assertEqual(self.call("b/plug", True)[0], "b")

    def test_a_package_named_like_a_library_does_not_hide_it(self):
        self.write("json/__init__.py", "import json\ndef process_writes(a, b, c): return json.dumps([1])\n")
        self.assertEqual(self.call("json", True), "[1]")
        self.assertIs(sys.modules["json"], json)

    def test_a_package_finds_its_neighbours_while_it_is_imported(self):
        self.write("neighbour_of_tests.py", "X = 5\n")
        self.write("pkg/__init__.py", "from neighbour_of_tests import X\ndef process_writes(a, b, c): return X\n")
        self.addCleanup(sys.modules.pop, "neighbour_of_tests", None)
        before = list(sys.path)
        self.assertEqual(self.call("pkg", True), 5)
        self.assertEqual(sys.path, before)

    def test_a_failed_import_leaves_nothing_behind(self):
        self.write("pkg/__init__.py", "from . import sub\nimport no_such_module_here\n")
        self.write("pkg/sub.py", "")
        before = set(sys.modules)
        with self.assertRaises(ModuleNotFoundError) as raised:
            self.call("pkg", True)
        self.assertIn("no_such_module_here", str(raised.exception))
        self.assertEqual({m for m in set(sys.modules) - before if "pkg" in m}, set())
        self.write("pkg/__init__.py", "def process_writes(a, b, c): return 1\n")
        self.assertEqual(self.call("pkg", True), 1)

    def test_plugins_leave_no_compiled_files(self):
        sys.dont_write_bytecode = True
        self.write("pkg/__init__.py", "from . import sub\ndef process_writes(a, b, c): return 1\n")
        self.write("pkg/sub.py", "")
        self.call("pkg", True)
        self.assertEqual(sorted(os.listdir(os.path.join(self.dir, "pkg"))), ["__init__.py", "sub.py"])

    def test_a_missing_function_is_named(self):
        self.write("p.py", "def process_request(): pass\nprocess_writes = 5\n")
        with self.assertRaises(loader.MissingFunction) as raised:
            self.call("p.py")
        self.assertEqual(
            str(raised.exception),
            "the process_writes function is not present in the plugin. Should be defined as:"
            " process_writes(influxdb3_local, table_batches, args=None). p.py defines process_request.",
        )


if __name__ == "__main__":
    unittest.main()
