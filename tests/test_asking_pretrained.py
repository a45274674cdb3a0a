"""What is said of a pretrained model before it is asked; what it is asked: see test_pretrained_run, test_pretrained_record."""

import runs
from checkpoints import SOURCE, write_checkpoint, write_texts
from safetensors.torch import load_file


def test_its_size_its_scheme_and_its_context_are_said(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    write_texts(tmp_path)
    folder = write_checkpoint(tmp_path / "gpt2", "gpt2", "gpt2")
    words = ["hugging_face=gpt2", "context_length=16", "device=cpu", "evaluation=[bits_per_byte]", *SOURCE]
    assert runs.typed("evaluate", *words) == 0
    stored = sum(weight.numel() for weight in load_file(folder / "model.safetensors").values())
    err = capfd.readouterr()
    assert f": {stored:,} parameters, Learned, text in contexts of 16 tokens on cpu\n" in err.out + err.err
