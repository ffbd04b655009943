"""Workbooks as other programs write them, for `ledger/tests/foreign.rs`.

    python make.py DIRECTORY

openpyxl writes them first; LibreOffice (`soffice` on PATH) then opens each and saves it again as XLSX, XLS, ODS and CSV, so
that every reader meets files that Duebook's own libraries had no hand in.
"""

import datetime
import pathlib
import subprocess
import sys
import tempfile

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HEADER = ["Reference", "Customer name", "Email", "Phone", "Balance due", "Due date", "Status", "Remarks"]
# What foreign.rs expects to find again, cell by cell.
ROWS = [
    ["00042", "Żółw & Söhne GmbH", "office@zolw.example", "+48 22 555 01 00", 1234.56, datetime.date(2026, 2, 28), "Open", "line one\nline two"],
    ["A-7", "O'Brien, \"Bob\"", "bob@obrien.example", None, 1000000.01, datetime.date(2026, 12, 3), "Pending", None],
    ["0007", "株式会社サンプル", None, "+81 3 5555 0100", 0.1 + 0.2, datetime.date(2027, 1, 31), None, "<b>& co</b>"],
    ["B-1", "Paid in full Ltd", "paid@full.example", None, 75, datetime.date(2026, 3, 1), "Paid", None],
]


def fill(sheet, top):
    """The rows under a header in row `top`, dressed as people dress them."""
    for column, text in enumerate(HEADER, 1):
        cell = sheet.cell(top, column, text)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="DDDDDD")
    for number, row in enumerate(ROWS, top + 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if column == 5:
                cell.number_format = '#,##0.00 "USD"' if number % 2 else "#,##0.00"
            if column == 6:
                cell.number_format = "yyyy-mm-dd" if number % 2 else "d mmm yyyy"
    sheet.freeze_panes = sheet.cell(top + 1, 1)
    sheet.auto_filter.ref = f"A{top}:H{top + len(ROWS)}"


def plain():
    book = Workbook()
    book.active.title = "Customers"
    fill(book.active, 1)
    return book


def mac():
    """Days are counted from 1904."""
    book = plain()
    book.epoch = CALENDAR_MAC_1904
    return book


def titled():
    """A cover sheet, a merged title and an empty row before the header, a thousand dressed but empty rows below."""
    book = Workbook()
    cover = book.active
    cover.title = "Read me"
    cover["A1"] = "Exported by the old system"
    sheet = book.create_sheet("Open items")
    sheet.merge_cells("A1:H1")
    sheet["A1"] = "Receivables, first quarter"
    sheet["A2"] = datetime.date(2026, 3, 31)
    fill(sheet, 4)
    for row in range(20, 1020):
        sheet.cell(row, 3).fill = PatternFill("solid", start_color="EEEEEE")
    book.create_sheet("Empty")
    return book


def formulas():
    """What is calculated; openpyxl saves no results, so only LibreOffice's copies can be imported."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Customers"
    sheet.append(["Reference", "Name", "Amount", "Due date"])
    sheet.append(["F-1", '="Sum "&"of parts"', "=100.10+0.20-0.05", "=DATE(2026,2,28)"])
    sheet.append(["F-2", "Long division", "=ROUND(1000/3,2)", '="2026-04-"&"30"'])
    sheet.append(["F-3", "Broken reference", "=1/0", "=DATE(2026,5,31)"])
    for row in (2, 4):
        sheet.cell(row, 4).number_format = "yyyy-mm-dd"
    return book


def resaved(paths, kind, directory):
    """LibreOffice's own copies, in one start of it."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind,
             "--outdir", str(directory), *map(str, paths)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300,
        )
    for path in paths:
        copy = directory / f"{path.stem}.{kind.split(':')[0]}"
        if not copy.is_file():
            sys.exit(f"soffice did not write {copy}")


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for make in (plain, mac, titled, formulas):
        paths.append(directory / f"{make.__name__}.xlsx")
        make().save(paths[-1])
    for kind in ("xlsx:Calc MS Excel 2007 XML", "xls:MS Excel 97", "ods:calc8"):
        resaved(paths, kind, directory / "libreoffice")
    # The first sheet of each, UTF-8, cells as they are shown.
    resaved(paths, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", directory / "libreoffice")


main(pathlib.Path(sys.argv[1]))
