import os
import re
import socket
import unittest

from tidemill_worker import _native, protocol
from tidemill_worker.rows import row_type

DOC = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "formats", "worker_protocol.md")


def example(label):
    with open(DOC) as file:
        return bytes.fromhex(re.search(rf"^```{label}\n(.*?)^```", file.read(), re.M | re.S).group(1))


class ProtocolTest(unittest.TestCase):
    def setUp(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.raw = theirs
        self.channel = protocol.Channel(ours)
        self.other = protocol.Channel(theirs)

    def test_sends_the_documented_frame(self):
        payload = protocol.Writer().text("SELECT 1").u32(1).text("a").text("x").text("other").bytes()
        self.channel.send(protocol.QUERY, 1, 2, payload)
        self.assertEqual(self.raw.recv(1000), example("hex"))

    def test_reads_the_documented_tables(self):
        tables = _native.decode_tables(example("hex tables"), 0, row_type)
        self.assertEqual(tables, [{"table_name": "cpu", "rows": [{"host": "a", "usage": 0.5, "time": 500}]}])

    def test_frames_of_every_size_arrive_whole(self):
        for size in (0, 1, protocol.INLINE_BYTES_MAX, protocol.INLINE_BYTES_MAX + 1, 5_000_000):
            with self.subTest(size):
                payload = os.urandom(size)
                self.channel.send(protocol.REPLY, 7, 9, payload)
                frame = self.other.receive()
                self.assertEqual((frame.type, frame.run, frame.call), (protocol.REPLY, 7, 9))
                self.assertEqual(bytes(frame.payload), payload)

    def test_a_closed_socket_is_none(self):
        self.raw.close()
        self.assertIsNone(self.channel.receive())


if __name__ == "__main__":
    unittest.main()
