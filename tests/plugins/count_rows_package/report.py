def report_line(table_name, row_count):
    return LineBuilder("write_reports").tag("table_name", table_name).int64_field("row_count", row_count)
