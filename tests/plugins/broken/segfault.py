import ctypes


def process_writes(influxdb3_local, table_batches, args=None):
    ctypes.string_at(0)
