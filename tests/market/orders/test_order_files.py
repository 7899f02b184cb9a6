"""Files of an order: what they are, their bytes say."""

import io
import zipfile
from dataclasses import replace

import pytest

from market.kit.errors import Conflict, NotFound
from market.kit.uploads import UploadedFile, clean_name
from market.kit.work import Work
from market.orders import queries, service
from market.orders.attachments import FileRefused, attach_file, read_media_type
from market.orders.drafts import OrderDraft
from tests.market.orders.ground import RIVAL, SHOP, WorkFor

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 32
WEBP = b"RIFF\x20\0\0\0WEBPVP8 "
PDF = b"%PDF-1.7\n%%EOF"


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return content.getvalue()


WORKBOOK = archive("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
        (WORKBOOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (archive("a.exe"), None),
        (b"PK\x03\x04 torn", None),
        (b"<svg onload=alert(1)>", None),
        (b"<html>", None),
        (b"MZ\x90\0", None),
        (b"", None),
    ],
)
def test_the_bytes_say_what_a_file_is(content: bytes, kind: str | None) -> None:
    assert read_media_type(content) == kind


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sketch.pdf", PNG, "PNG by its content"),
        ("sketch.png", b"<svg onload=alert(1)>", "no kind of file"),
        ("virus.exe", PNG, "PNG by its content"),
        ("empty.png", b"", "is empty"),
        ("huge.png", PNG + b"\0" * (10 * 1024 * 1024), "larger"),
    ],
)
def test_a_file_that_lies_about_itself_is_refused(
    work: Work, draft: OrderDraft, name: str, content: bytes, said: str
) -> None:
    row = service.post_order(work, draft)
    with pytest.raises(FileRefused) as refusal:
        attach_file(work, row.id, UploadedFile(name, content))
    assert said in refusal.value.faults[0].problem
    assert queries.order_files(work.session, SHOP, row.id) == ()


def test_a_refused_file_keeps_the_order_from_being_posted(work: Work, draft: OrderDraft) -> None:
    with pytest.raises(service.DraftRefused) as refusal:
        service.post_order(work, replace(draft, quantity=0), [UploadedFile("a.png", PDF)])
    assert {fault.field for fault in refusal.value.faults} == {"quantity", "files"}


def test_the_same_bytes_are_kept_once_and_only_the_owner_reads_them(
    work: Work, work_for: WorkFor, draft: OrderDraft
) -> None:
    row = service.post_order(work, draft, [UploadedFile("C:\\pictures\\sketch.PNG", PNG)])
    again = attach_file(work, row.id, UploadedFile("copy.png", PNG))
    work.session.commit()
    files = queries.order_files(work.session, SHOP, row.id)
    assert [(file.name, file.size) for file in files] == [("sketch.PNG", len(PNG))]
    assert again == files[0]
    assert queries.file_content(work.session, SHOP, row.id, files[0].id)[1] == PNG
    rival = work_for(RIVAL)
    for organisation_id in (SHOP, RIVAL):
        with pytest.raises(NotFound):
            queries.file_content(rival.session, organisation_id, row.id, files[0].id)
    with pytest.raises(NotFound):
        attach_file(rival, row.id, UploadedFile("mine.png", PNG))


def test_an_order_holds_so_many_files_and_takes_none_when_it_is_over(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    for number in range(10):
        attach_file(work, row.id, UploadedFile(f"{number}.png", PNG + bytes([number])))
    with pytest.raises(FileRefused, match="cannot be kept"):
        attach_file(work, row.id, UploadedFile("11.png", PNG + b"\xff"))
    service.withdraw_order(work, row.id, "no longer needed")
    with pytest.raises(Conflict, match="withdrawn"):
        attach_file(work, row.id, UploadedFile("late.jpg", JPEG))


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("a\r\nb.png", "ab.png"), ("", "file"), ("图.png", "图.png"),
     ("x" * 300 + ".png", "x" * 116 + ".png"), ("..", "file")],
)  # fmt: skip
def test_names_lose_paths_and_control_characters(name: str, kept: str) -> None:
    assert clean_name(name) == kept
