import threading
import unittest

from tidemill_worker.cache import Cache, GlobalStore, LocalStore


class FakeServer:
    """What the server keeps of the shared cache."""

    def __init__(self):
        self.values = {}
        self.version = 0
        self.bytes_sent = 0

    def cache_put(self, key, ttl, pickled):
        self.version += 1
        self.values[key] = (self.version, bytes(pickled), ttl)
        return self.version

    def cache_get(self, key, known_version):
        if key not in self.values:
            return "absent", 0, b""
        version, pickled, _ = self.values[key]
        if version == known_version:
            return "unchanged", version, b""
        self.bytes_sent += len(pickled)
        return "value", version, pickled

    def cache_delete(self, key):
        return self.values.pop(key, None) is not None


class CacheTest(unittest.TestCase):
    def setUp(self):
        self.now = 1000.0
        self.server = FakeServer()
        self.store = LocalStore(clock=lambda: self.now)
        self.cache = Cache(self.store, GlobalStore(), self.server)

    def test_keeps_the_object_itself(self):
        lock = threading.Lock()
        self.cache.put("lock", lock)
        self.assertIs(self.cache.get("lock"), lock)
        self.assertEqual(self.cache.get("other", 5), 5)
        self.assertIsNone(self.cache.get("other"))

    def test_delete_says_whether_there_was_one(self):
        self.cache.put("k", [])
        self.assertEqual(self.cache.get("k", 1), [])
        self.assertIs(self.cache.delete("k"), True)
        self.assertIs(self.cache.delete("k"), False)

    def test_entries_expire(self):
        self.cache.put("k", 1, 1.0)
        self.cache.put("now", 1, 0)
        self.cache.put("ever", 1)
        self.assertIsNone(self.cache.get("now"))
        self.now += 0.9
        self.assertEqual(self.cache.get("k"), 1)
        self.now += 0.2
        self.assertIsNone(self.cache.get("k"))
        self.assertIs(self.cache.delete("k"), False)
        self.assertEqual(self.cache.get("ever"), 1)

    def test_put_replaces_the_time_to_live(self):
        self.cache.put("k", 1, 1)
        self.cache.put("k", 2)
        self.now += 10
        self.assertEqual(self.cache.get("k"), 2)

    def test_a_sweep_drops_what_has_expired_every_ten_seconds(self):
        class Dropped:
            count = 0

            def __del__(self):
                Dropped.count += 1

        self.cache.put("k", Dropped(), 1)
        self.now += 9
        self.store.sweep()
        self.assertEqual(Dropped.count, 0)
        self.now += 2
        self.store.sweep()
        self.assertEqual(Dropped.count, 1)

    def test_refuses_wrong_arguments(self):
        for ttl in (-1, float("nan"), float("inf"), 1e20):
            with self.subTest(ttl), self.assertRaises(ValueError):
                self.cache.put("k", 1, ttl)
        for ttl in ("1", True):
            with self.subTest(ttl), self.assertRaises(TypeError):
                self.cache.put("k", 1, ttl)
        for call in (lambda: self.cache.put(1, 1), lambda: self.cache.get(1), lambda: self.cache.delete(None)):
            with self.assertRaises(TypeError):
                call()

    def test_the_shared_and_the_own_space_are_apart(self):
        self.cache.put("k", "own")
        self.cache.put("k", "shared", use_global=True)
        self.assertEqual(self.cache.get("k"), "own")
        self.assertEqual(self.cache.get("k", use_global=True), "shared")
        self.assertIs(self.cache.delete("k", use_global=True), True)
        self.assertEqual(self.cache.get("k"), "own")
        self.assertEqual(self.cache.get("k", 3, True), 3)

    def test_a_shared_object_is_the_same_until_someone_puts_another(self):
        self.cache.put("k", [1], None, True)
        first = self.cache.get("k", use_global=True)
        self.assertIs(self.cache.get("k", use_global=True), first)
        self.assertEqual(self.server.bytes_sent, 0)

        other = Cache(LocalStore(), GlobalStore(), self.server)
        theirs = other.get("k", use_global=True)
        self.assertEqual(theirs, [1])
        self.assertIsNot(theirs, first)
        self.assertIs(other.get("k", use_global=True), theirs)

        other.put("k", [2], use_global=True)
        self.assertEqual(self.cache.get("k", use_global=True), [2])

    def test_what_cannot_be_pickled_names_its_key(self):
        with self.assertRaises(TypeError) as raised:
            self.cache.put("the key", threading.Lock(), use_global=True)
        self.assertIn("'the key'", str(raised.exception))
        self.assertIn("lock", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
