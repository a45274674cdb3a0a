"""Whatever a person gets wrong: one sentence with the key, the value and the way out, exit code 1, nothing written."""

import sys
from pathlib import Path

import pytest

from wordorder import commands

TEXT = ["source=text_file", "source.train=my.txt", "tokenizer=byte"]

# words typed, what the sentence must contain
TRAIN = [
    (["positon=rope"], ["positon", "position"]),
    (["position=rop"], ["position=rop", "rope"]),
    (["position=zzz"], ["position=zzz", "alibi", "window"]),
    (["position/frequencies=yarnn"], ["position/frequencies=yarnn", "yarn"]),
    (["position.frequencies=yarn"], ["position.frequencies='yarn'", "position/frequencies=NAME"]),
    (["position=randomized", "position.max_length=10"], ["position", "10", "model.context_length=128"]),
    (["position=randomized", "position@position.scheme=learned"], ["position.max_length=2048", "128"]),
    (["position=cape", "position@position.scheme=t5"], ["position.scheme=T5", "rope"]),
    (["position=by_layer", "position@position.other=learned"], ["position.other=Learned", "sum"]),
    (["position=window", "position.size=0"], ["position.size=0", "at least 1"]),
    (["tokenizer=wordpeace"], ["tokenizer=wordpeace", "wordpiece"]),
    (["experiment=quikstart"], ["experiment=quikstart", "quickstart"]),
    (["optimizer.lrr=0.1"], ["optimizer.lrr", "optimizer.lr"]),
    (["position=rope", "position.base=3"], ["position.base", "position.theta"]),
    (["+optimizer.lrr=0.1"], ["optimizer.lrr=0.1", "did you mean lr"]),
    (["+nonsense=1"], ["nonsense"]),
    (["optimizer.lr=-1"], ["optimizer.lr=-1", "positive"]),
    (["optimizer.lr=fast"], ["optimizer.lr='fast'", "a number"]),
    (["optimizer.betas=[0.9,1.5]"], ["optimizer.betas", "[0, 1)"]),
    (["seed=x"], ["seed='x'", "whole number"]),
    (["seed=1.5"], ["seed=1.5", "whole number"]),
    (["seed=-1"], ["seed=-1", "negative"]),
    (["name=a/b"], ["name='a/b'", "folder"]),
    (["rerun=maybe"], ["rerun='maybe'", "stale"]),
    (["device=tpu"], ["device='tpu'", "cuda"]),
    (["schedule.warmup=2"], ["schedule.warmup=2", "[0, 1)"]),
    (["trainer.budget=0"], ["trainer.budget=0", "at least 1"]),
    (["trainer.unit=words"], ["trainer.unit='words'", "tokens"]),
    (["trainer.micro_batch_size=3"], ["trainer.micro_batch_size=3", "batch_size=8"]),
    (["trainer.precision=fp8"], ["trainer.precision='fp8'", "bf16"]),
    (["trainer.compile=yes"], ["trainer.compile='yes'", "true or false"]),
    (["model.n_kv_heads=3"], ["model.n_kv_heads=3", "n_heads=4"]),
    (["model.head_dim=33"], ["head_dim=33", "even"]),
    (["model=gpt2", "model/scale=gpt3"], ["model/scale", "gpt3", "gpt2"]),
    (["model/scale=tiny"], ["model/scale", "model=bert or", "gpt2"]),
    (["position=alibi", "position/frequencies=yarn"], ["position/frequencies", "position=p_rope or rope"]),
    (["model.n_heads=0", "position=none"], ["model.n_heads=0", "at least 1"]),
    (["model.n_kv_heads=3"], ["model.n_kv_heads=3", "n_heads=4"]),
    (["model.dropout=1"], ["model.dropout=1", "[0, 1)"]),
    (["model.norm=batch_norm"], ["model.norm='batch_norm'", "rms_norm"]),
    (["model.d_model=132", "model.head_dim=33", "position=rope"], ["position.head_dim=33", "even"]),
    (["model.kernel=sdpa", "position=alibi"], ["model.kernel=sdpa", "ALiBi", "auto"]),
    (["model.kernel=flex"], ["model.kernel=flex", "auto"]),
    (["model.kernel=flex", "model.dropout=0.1"], ["model", "kernel=flex", "dropout=0.1"]),
    (["position=learned", "position.n_positions=64"], ["learned", "64", "model.context_length=128"]),
    (
        ["position=learned", "data.context_unit=bytes"],
        ["position.n_positions", "model.context_length=128", "data.context_unit=bytes", "position.n_positions=TOKENS"],
    ),
    (["position/frequencies=yarn", "data.context_unit=bytes"], ["position.frequencies.trained_length=TOKENS"]),
    (["data.attend_across=false", "model.kernel=sdpa"], ["model.kernel=sdpa", "data.attend_across=false", "auto"]),
    (["data.layout=rows"], ["data.layout='rows'", "document"]),
    (["data.context_unit=words"], ["data.context_unit='words'", "bytes"]),
    (["data.layout=document"], ["model.context_length=128 is too short", "longest training document"]),
    (["position.theta=-1"], ["position.theta=-1", "positive"]),
    (["position.layout=diagonal"], ["position.layout='diagonal'", "interleaved"]),
    (["position._target_=nowhere.Scheme"], ["position._target_=nowhere.Scheme", "imported"]),
    (["position=null"], ["position"]),
    (["tokenizer=bpe", "tokenizer.vocab_size=100"], ["tokenizer.vocab_size=100", "256"]),
    (["tokenizer=bpe", "tokenizer.vocab_size=60000", "tokenizer.exact_vocab=true"], ["tokenizer.vocab_size=60000"]),
    (["tokenizer=char", "tokenizer.min_count=0"], ["tokenizer.min_count=0"]),
    (["evaluation.length_sweep.factors=[]"], ["evaluation.length_sweep.factors", "[1, 2, 4, 8]"]),
    (["evaluation.length_sweep.scoring=[sliding]"], ["evaluation.length_sweep.scoring", "last_k"]),
    (["evaluation.bits_per_byte.split=dev"], ["evaluation.bits_per_byte.split='dev'", "val"]),
    (["source=text_file", "tokenizer=byte"], ["source.train", "required"]),
    (["source.train=missing.txt"], ["source.train=missing.txt"]),
    (["source.train=empty.txt"], ["empty.txt"]),
    (["source.train=latin1.txt"], ["latin1.txt", "UTF-8"]),
    (["source.train=short.txt"], ["short.txt"]),
    (["source.train=brief.txt", "model.context_length=1024"], ["1024"]),
    (["source.val=my.txt"], ["source.val=my.txt", "without test"]),
    (["source=hub_text"], ["source.name", "required"]),
    (["source=hub_text", "source.name=./nowhere"], ["source.name=./nowhere", "does not exist"]),
    (["source=hub_text", "source.name=my.txt"], ["source.name=my.txt", "source=text_file source.train=my.txt"]),
    (["source=tiny_stories", "source.train_bytes=-1"], ["source.train_bytes=-1", "0 for all"]),
    (["initialize_from=outputs/nowhere/run"], ["initialize_from=outputs/nowhere/run"]),
    (["record.log_steps=0"], ["record.log_steps=0"]),
    (["logger.mode=loud", "logger=wandb"], ["logger.mode='loud'", "offline"]),
    (["seed=0,1"], ["seed=0,1 are several values: add -m"]),
    (["position=rope,alibi"], ["position=rope,alibi are several values: add -m"]),
    (["position=alibi", "position.theta=500"], ["position.theta is not a key", "position.n_heads"]),
    (
        ["evaluation=bits_per_byte", "evaluation.length_sweep.tokens=9"],
        ["not a key", "mean evaluation.bits_per_byte.t"],
    ),
    (["-m", "position=alibi,rope", "position.learnt=true"], ["position.learnt is not a key", "mean position.learned"]),
    (
        ["experiment=conf/experiment/quickstart.yaml"],
        ["experiment=conf/experiment/quickstart.yaml is a path", "=quickstart"],
    ),
    (["experiment=mine/experiment/own.yaml"], ["by its name: experiment=own", "--config-dir mine"]),
    (["+plan.grid.seed=[0,1]"], ["plan={grid: ...} is a sweep", "add -m", "{mode: MULTIRUN}"]),
    (["-m", "position=rope,rop"], ["position=rop", "rope"]),
    (["-m", "position=rope,alibi", "optimizer.lr=0.1,-0.1"], ["optimizer.lr=-0.1", "positive"]),
    (["-m", "+plan.zop={seed:[0,1]}"], ["plan.zop", "zip"]),
    (["-m", "+plan.grid.seed=3"], ["plan.grid.seed=3", "list"]),
]
EVALUATE = [
    ([], ["run=", "experiment="]),
    (["run=outputs/nowhere"], ["run=outputs/nowhere"]),
    (["experiment=nothing"], ["experiment=nothing"]),
    (["run=x", "evaluation=sweep"], ["evaluation=sweep", "length_sweep"]),
    (["run=x", "device=cuba"], ["device='cuba'", "cpu, cuda"]),
    (["run=x", "threads=0"], ["threads=0", "at least 1"]),
    (["run=x", "logger=none"], ["logger is nothing that evaluate takes", "compare or sync_wandb or train"]),
    (["run=x", "threads=1,2"], ["threads=1,2 are several values: type one"]),
]
COMPARE = [
    ([], ["experiment=", "runs="]),
    (["experiment=nothing"], ["experiment=nothing"]),
    (["runs=[one]"], ["runs=[one]", "two"]),
    (["runs=[my.txt,other]"], ["runs=my.txt", "no run folder"]),
    (["runs=[one,other]", "experiment=nothing"], ["experiment=", "runs=", "not both"]),
    (["runs=one"], ["runs='one'", "a list"]),
    (["runs=[one,other]", "logger=none"], ["logger=none", "experiment="]),
    (["experiment=nothing", "out=page"], ["out=page", "runs="]),
]
SYNC = [
    ([], ["run=", "experiment="]),
    (["run=one", "experiment=nothing"], ["run=", "experiment="]),
    (["run=one"], ["run=one", "no run folder"]),
    (["experiment=nothing"], ["experiment=nothing"]),
    (["run=one", "logger=csv"], ["logger=CSVMirror", "logger=wandb"]),
    (["run=one", "logger.mode=loud"], ["logger.mode='loud'", "offline"]),
]
CASES = [
    *(("train", words, said) for words, said in TRAIN),
    *(("evaluate", words, said) for words, said in EVALUATE),
    *(("compare", words, said) for words, said in COMPARE),
    *(("sync_wandb", words, said) for words, said in SYNC),
]


HEAD = "# @package _global_\n"
OWN = [  # an experiment's yaml of somebody's own, what is typed besides, what the sentence must contain
    (HEAD + "name: own\nplan: {grid: [\n", [], ["mine/experiment/own.yaml:4: not YAML"]),
    (HEAD + "name: own\n\tplan: {}\n", ["-m"], ["mine/experiment/own.yaml:3: not YAML"]),
    ("name: own\nplan: {grid: {seed: [0, 1]}}\n", [], ["experiment=own: the first line", "# @package _global_"]),
    ("name: own\nplan: {grid: {seed: [0, 1]}}\n", ["-m"], ["experiment=own: the first line", "# @package _global_"]),
    ("defaults:\n  - override /model: micro\nname: own\n", [], ["experiment=own: the first line", "_global_"]),
    (HEAD + "defaults:\n  - model: micro\n", [], ["experiment=own: its defaults", "'override /model: micro'"]),
    (HEAD + "name: own\nplan: {grid: {seed: [0, 1]}}\n", [], ["plan={grid: ...} is a sweep", "{mode: MULTIRUN}"]),
]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    (tmp_path / "my.txt").write_text("A line of text.\n\n" * 3000)
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "latin1.txt").write_bytes("café ".encode("latin-1") * 3000)
    (tmp_path / "short.txt").write_text("short")
    (tmp_path / "brief.txt").write_text("A brief text.\n\n" * 110)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(name: str, words: list[str], monkeypatch) -> int:
    """The exit code of a command typed in this folder."""
    monkeypatch.setattr(sys, "argv", [f"scripts/{name}.py", *words])
    with pytest.raises(SystemExit) as stopped:
        commands.run(name)
    return stopped.value.code


@pytest.mark.parametrize(("name", "words", "said"), CASES, ids=[" ".join([c[0], *c[1]]) for c in CASES])
def test_bad_input_gets_one_sentence(name, words, said, texts, monkeypatch, capfd):
    chosen = {word.split("=")[0] for word in words}
    text = [word for word in TEXT if name == "train" and word.split("=")[0] not in chosen]
    if words[:1] == ["source=text_file"]:
        text = [word for word in text if not word.startswith("source.train")]
    assert run(name, [*text, *words], monkeypatch) == 1
    err = capfd.readouterr().err
    assert "Traceback" not in err
    assert err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err
    left = [path for path in Path("outputs").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert not left, left


@pytest.mark.parametrize(("yaml", "words", "said"), OWN, ids=range(len(OWN)))
def test_an_experiment_of_somebody_s_own_gets_one_sentence_too(yaml, words, said, texts, monkeypatch, capfd):
    file = texts / "mine" / "experiment" / "own.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml)
    assert run("train", ["--config-dir", "mine", "experiment=own", *words, *TEXT], monkeypatch) == 1
    err = capfd.readouterr().err
    assert err.startswith("wordorder: ") and err.count("\n") == 1, err
    for part in said:
        assert part in err, err
    assert not Path("outputs").exists()


def test_a_key_that_is_refused_is_not_recommended(texts, monkeypatch, capfd):
    run("train", [*TEXT, "position=alibi", "position.theta=500"], monkeypatch)
    assert capfd.readouterr().err.count("position.theta") == 1
