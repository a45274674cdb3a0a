"""Show how a text enters the first block: scripts/show_input.py text="to be or not to be" tokenizer=byte position=rope,alibi."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("show_input")
