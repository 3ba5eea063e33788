"""Writes one row to the table `alerts` for each reading above a threshold.

Trigger: table:<NAME>. Arguments:
  field      the field to watch (required)
  threshold  a number; readings above it raise an alert (required)
  tag        a tag to copy into the alert (optional)
"""


def process_writes(influxdb3_local, table_batches, args=None):
    if not args or "field" not in args or "threshold" not in args:
        raise ValueError("threshold_alert needs the arguments field and threshold")
    field, threshold, tag = args["field"], float(args["threshold"]), args.get("tag")

    alerts = 0
    for table_batch in table_batches:
        for row in table_batch["rows"]:
            value = row.get(field)
            if value is None or value <= threshold:
                continue
            line = LineBuilder("alerts").tag("source_table", table_batch["table_name"]).tag("field", field)
            if tag and row.get(tag):
                line.tag(tag, row[tag])
            line.float64_field("value", float(value)).float64_field("threshold", threshold)
            influxdb3_local.write(line.time_ns(row["time"]))
            alerts += 1
    if alerts:
        influxdb3_local.warn(f"{alerts} readings of {field} above {threshold}")
