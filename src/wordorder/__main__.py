"""wordorder train|evaluate|compare ...: the scripts of a checkout, for an installed package."""

import sys

COMMANDS = ("train", "evaluate", "compare", "sync_wandb", "generate", "export")
COMMANDS += ("show_position", "show_data", "show_input", "sweep")


def main() -> None:
    """Run the command named by the first word; the rest is Hydra's."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print(
            f"usage: wordorder {'|'.join(COMMANDS)} [key=value ...], as in: wordorder train position=alibi",
            file=sys.stderr,
        )
        sys.exit(2)
    name = sys.argv.pop(1)
    if name == "sweep":
        from wordorder import sweeping

        sweeping.main()
        return
    from wordorder import commands

    commands.run(name)


if __name__ == "__main__":
    main()
