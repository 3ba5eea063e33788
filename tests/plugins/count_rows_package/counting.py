def count_rows(table_batches, doubled):
    for table_batch in table_batches:
        name = table_batch["table_name"]
        if name != "write_reports":
            yield name, len(table_batch["rows"]) * (2 if name == doubled else 1)
