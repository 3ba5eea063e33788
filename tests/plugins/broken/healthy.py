def process_writes(influxdb3_local, table_batches, args=None):
    rows = sum(len(batch["rows"]) for batch in table_batches)
    influxdb3_local.write(LineBuilder("healthy").int64_field("rows", rows))
