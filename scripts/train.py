"""Train one run, or with -m or an experiment a sweep of runs: scripts/train.py position=alibi seed=1."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("train")
