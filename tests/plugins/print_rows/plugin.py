"""Logs every table and row it is called with, as they print."""


def process_writes(influxdb3_local, table_batches, args=None):
    for table_batch in table_batches:
        influxdb3_local.info(table_batch["table_name"])
        for row in table_batch["rows"]:
            influxdb3_local.info(row)
