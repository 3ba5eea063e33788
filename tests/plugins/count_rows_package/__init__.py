"""count_rows as a package: its parts import one another relatively and by the package's name."""

from count_rows_package.report import report_line

from .counting import count_rows


def process_writes(influxdb3_local, table_batches, args=None):
    for table_name, row_count in count_rows(table_batches, (args or {}).get("double_count_table")):
        influxdb3_local.write(report_line(table_name, row_count))
