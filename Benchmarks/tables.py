"""Reads the tables that Benchmarks/run prints, also from the page that Benchmarks/report makes of them."""


def read(text):
    """[(title, columns, {row: {column: number or None}})], in the order of the text."""
    tables, title, columns = [], "", None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            # On the page, what a title has in brackets stands on a line of its own.
            title, columns = (title if line.startswith("(") or not line.strip() else line.lstrip("# ").rstrip()), None
        elif columns is None:
            columns = cells
            tables.append((title, columns, {}))
        elif not set(line) <= set("|-:"):
            tables[-1][2][cells[0]] = {column: number(cell) for column, cell in zip(columns[1:], cells[1:])}
    return tables


def number(text):
    try:
        return float(text.split()[0])
    except (ValueError, IndexError):
        return None
