"""Compare the runs of an experiment: scripts/compare.py experiment=quickstart compare.baseline=none."""

from wordorder import command

if __name__ == "__main__":
    command.main(command.compare, "compare")
