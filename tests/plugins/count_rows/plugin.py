"""Counts the rows of each table into write_reports; those of args["double_count_table"] twice."""


def process_writes(influxdb3_local, table_batches, args=None):
    for table_batch in table_batches:
        table_name = table_batch["table_name"]
        if table_name == "write_reports":
            continue
        row_count = len(table_batch["rows"])
        if args and args.get("double_count_table") == table_name:
            row_count *= 2
        influxdb3_local.write(LineBuilder("write_reports").tag("table_name", table_name).int64_field("row_count", row_count))
