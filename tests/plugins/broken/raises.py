def process_writes(influxdb3_local, table_batches, args=None):
    line = LineBuilder("never_written").int64_field("n", 1)
    influxdb3_local.write(line)
    raise ValueError("boom")
