"""Compare the runs of an experiment: scripts/compare.py experiment=quickstart compare.baseline=none; or runs=[FOLDER,FOLDER]."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("compare")
