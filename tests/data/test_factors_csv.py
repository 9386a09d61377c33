"""Tables of what is known of images: read in every layout, and matched by name."""

import pytest

from infogan.data.factors_csv import match_files, read_factors
from infogan.errors import UserError


def table(tmp_path, text, name="factors.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_beside_the_file_are_factors(tmp_path):
    found = read_factors(table(tmp_path, "pose,image,age\nleft,a.png,3\n?,b/c.png,\n"))
    assert found.files == ("a.png", "b/c.png")
    assert found.columns == {"pose": ["left", None], "age": ["3", None]}


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_signs_part_cells_too(tmp_path, sign):
    text = sign.join(["file", "x"]) + "\n" + sign.join(["a.png", "1"]) + "\n"
    assert read_factors(table(tmp_path, text)).columns == {"x": ["1"]}


def test_celebas_list_is_read_as_it_is(tmp_path):
    text = "2\nMale  Smiling \n000001.jpg -1  1\n000002.jpg  1 -1\n"
    found = read_factors(table(tmp_path, text, "list_attr_celeba.txt"))
    assert found.files == ("000001.jpg", "000002.jpg")
    assert found.columns == {"Male": ["-1", "1"], "Smiling": ["1", "-1"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pose,age\nleft,3\n", "no column names the images (its columns: pose, age)"),
        ("file\na.png\n", "has no factors"),
        ("file,x\n", "holds no lines"),
        ("file,x\na.png,1,2\n", "line 2 has 3 cells, expected 2"),
        ("file,x\n\n\na.png,1\nb.png\n", "line 5 has 1 cell, expected 2"),
        ("2\nMale Smiling\na.jpg 1 1\nb.jpg 1\n", "line 4 has 2 cells, expected 3"),
        ("file,x,x\na.png,1,2\n", "two columns are called 'x'"),
        ("file,x\na.png,1\na.png,2\n", "a.png has two lines"),
    ],
)
def test_what_is_no_such_table_is_one_line(tmp_path, text, words):
    with pytest.raises(UserError) as error:
        read_factors(table(tmp_path, text))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def matched(tmp_path, files, names, match="exact"):
    lines = "".join(f"{file},{i}\n" for i, file in enumerate(files))
    found = match_files(read_factors(table(tmp_path, f"file,x\n{lines}")), names, match)
    return dict(zip(found.images.tolist(), found.lines.tolist(), strict=True)), found.told


def test_names_match_as_a_path_or_by_their_last_part(tmp_path):
    names = ["emoji/a.png", "emoji/b.png", "c.png", "emoji/z.png"]
    pairs, told = matched(tmp_path, ["b.png", "./c.png", "emoji/a.png", "gone.png"], names)
    assert pairs == {0: 2, 1: 0, 2: 1}
    assert told == (
        "3 of 4 images have a line in factors.csv; 1 of its lines name no image (gone.png)"
    )


def test_a_last_part_that_two_images_share_is_not_guessed(tmp_path):
    pairs, _ = matched(tmp_path, ["1.png", "b/2.png"], ["a/1.png", "b/1.png", "b/2.png"])
    assert pairs == {2: 1}


def test_case_and_suffix_matter_unless_said_otherwise(tmp_path):
    with pytest.raises(UserError, match=r"names none of the images .*--match loose"):
        matched(tmp_path, ["A.JPG"], ["a.png"])
    pairs, told = matched(tmp_path, ["A.JPG"], ["a.png"], "loose")
    assert pairs == {0: 0}
    assert "case and suffix aside" in told
