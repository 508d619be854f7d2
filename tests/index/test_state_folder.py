from pathlib import Path

from index.state_folder import StateFolder


def test_everything_of_a_state_is_in_its_folder(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    assert {"articles.sqlite", "embeddings.sqlite", "index"} == {
        path.relative_to(tmp_path).as_posix() for path in (state.articles, state.embeddings, state.index)
    }
