"""Builds payloads as the server does, for tests; with the alignment that its arrays have."""

import struct


class Payload:
    def __init__(self):
        self.data = bytearray()

    def fixed(self, form, *values):
        self.data += struct.pack("<" + form, *values)
        return self

    def text(self, text):
        encoded = text if isinstance(text, bytes) else text.encode()
        self.fixed("I", len(encoded))
        self.data += encoded
        return self

    def array(self, form, values):
        self.data += bytes(-len(self.data) % 8)
        return self.fixed(f"{len(values)}{form}", *values)

    def strings(self, values):
        encoded = [value.encode() for value in values]
        ends, end = [], 0
        for value in encoded:
            end += len(value)
            ends.append(end)
        return self.array("I", ends).text(b"".join(encoded))
