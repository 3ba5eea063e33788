import os


def process_writes(influxdb3_local, table_batches, args=None):
    os._exit(3)
