"""What many series cost: CPU per row at 10^5 against 10^3."""
from . import kit

ROWS = 600_000
FEW, MANY = 1_000, 100_000


def measure(hosts):
    path = kit.dataset(ROWS, hosts=hosts)
    server = kit.fresh_server()
    try:
        return server.load_measured("bench", path, ROWS)["ack_us"]
    finally:
        server.kill()


def run(rounds):
    few, many = [], []
    for number in range(rounds):
        few.append(measure(FEW))
        many.append(measure(MANY))
        kit.say(f"series: round {number + 1} of {rounds} done")
    ratios = [b / a for a, b in zip(few, many)]
    return [
        kit.Bar("CPU per row, 10^5 series / 10^3", kit.median_and_range(ratios), "<= 2", "<= 2"),
        kit.Bar("  CPU us/row at 10^3", kit.median_and_range(few)),
        kit.Bar("  CPU us/row at 10^5", kit.median_and_range(many)),
    ]
