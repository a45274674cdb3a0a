"""Replay run folders into wandb: scripts/sync_wandb.py experiment=quickstart logger.mode=online, or run=FOLDER."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("sync_wandb")
