import unittest

from tidemill_worker.cache import Cache, GlobalStore, LocalStore
from tidemill_worker.local import Local, RunCancelled
from tidemill_worker.protocol import RunMessage, Writer
from tidemill_worker.run import Run


class RecordingChannel:
    def __init__(self):
        self.frames = []

    def send(self, frame_type, run, call, payload):
        self.frames.append((frame_type, run, call, payload))


def make_run(channel, store):
    writer = Writer().text("run").text("batch").u32(1).u32(7).text("trigger").text("db").u64(0)
    writer.text("p.py").text("/p.py").u8(0).u8(0).u8(2)
    return Run(3, RunMessage(writer.bytes()), channel, store)


class LocalTest(unittest.TestCase):
    def setUp(self):
        self.channel = RecordingChannel()
        store = LocalStore()
        self.run_ = make_run(self.channel, store)
        self.local = Local(self.run_, Cache(store, GlobalStore(), self.run_))

    def test_has_exactly_the_nine_public_members(self):
        self.assertEqual(
            {name for name in dir(self.local) if not name.startswith("_")},
            {"info", "warn", "error", "query", "write", "write_to_db", "write_sync", "write_sync_to_db", "cache"},
        )

    def test_logs_arguments_joined_with_blanks(self):
        self.local.info("i", [1], None)
        self.local.error("\ud800")
        texts = [payload[5:] for _, _, _, payload in self.channel.frames]
        self.assertEqual(texts, [b"i [1] None", b"\\ud800"])
        with self.assertRaises(TypeError):
            self.local.info(text="no keywords")

    def test_huge_log_lines_are_cut(self):
        self.local.info("é" * (1 << 20))
        payload = self.channel.frames[0][3]
        self.assertLess(len(payload), (1 << 20) + 100)
        self.assertTrue(payload[5:].decode().endswith("(2097152 bytes, cut)"))

    def test_queues_what_build_returned_at_that_time(self):
        class Lines:
            text = "a v=1"

            def build(self):
                return self.text

        lines = Lines()
        self.local.write(lines)
        lines.text = "b v=1\nc v=1"
        self.local.write(lines)
        self.local.write_to_db("o", lines)
        self.assertEqual(self.run_.end(), [("", "a v=1\nb v=1\nc v=1"), ("o", "b v=1\nc v=1")])

    def test_refuses_what_is_no_line_or_name(self):
        class Odd:
            def build(self):
                return b"a v=1"

        for call, error in [
            (lambda: self.local.write("a v=1"), AttributeError),
            (lambda: self.local.write(Odd()), TypeError),
            (lambda: self.local.write_to_db(5, Odd()), TypeError),
            (lambda: self.local.write_sync(Odd()), TypeError),
            (lambda: self.local.query(5), TypeError),
            (lambda: self.local.query("q", {"a": 1}), TypeError),
            (lambda: self.local.query("q", ["a"]), TypeError),
            (lambda: self.local.query("q", database=5), TypeError),
        ]:
            with self.assertRaises(error):
                call()

    def test_a_cancelled_run_cannot_use_the_server_but_its_cache(self):
        self.run_.cancel()
        for call in (lambda: self.local.info(1), lambda: self.local.query("q"), lambda: self.local.write(self)):
            with self.assertRaises(KeyboardInterrupt) as raised:
                call()
            self.assertEqual(str(raised.exception), "influxdb3 is shutting down; aborting plugin execution")
        self.local.cache.put("k", 1)
        self.assertEqual(self.local.cache.get("k"), 1)

    def build(self):
        return "a v=1"

    def test_after_its_end_a_run_says_so(self):
        self.run_.end()
        with self.assertRaises(RuntimeError) as raised:
            self.local.query("q")
        self.assertIn("run run of trigger 'trigger' is over", str(raised.exception))
        self.assertEqual(self.channel.frames, [])

    def test_the_cancel_error_looks_like_a_keyboard_interrupt(self):
        self.assertEqual(RunCancelled.__name__, "KeyboardInterrupt")
        self.assertFalse(issubclass(RunCancelled, Exception))


if __name__ == "__main__":
    unittest.main()
