"""listings.csv: 120 made-up listings, drawn by a small generator of its own so that every Python gives the same file."""

import csv
import io

ROWS = 120
SEED = 20250901

# building, community, kind, sale price and yearly rent per square foot in AED
BUILDINGS = [
    ("Coral Quay Tower", "Pearl Wharf", "apartment", 1950, 118),
    ("Lantern Bay Residences", "Lantern Bay", "apartment", 1720, 104),
    ("Saffron Heights", "Saffron Gardens", "apartment", 1180, 82),
    ("Meridian Pier", "Pearl Wharf", "apartment", 2240, 131),
    ("Copper Dhow House", "Lantern Bay", "office", 1390, 112),
    ("Dune Garden Villas", "Saffron Gardens", "villa", 1310, 71),
    ("Oryx Terrace", "Oryx Park", "townhouse", 1090, 66),
    ("Gazelle Court", "Oryx Park", "apartment", 980, 74),
]
AREAS = {
    "apartment": {0: (410, 560), 1: (640, 900), 2: (1020, 1450), 3: (1500, 2100)},
    "townhouse": {3: (1900, 2300), 4: (2350, 2900)},
    "villa": {4: (3100, 3900), 5: (4000, 5600)},
    "office": {0: (700, 3200)},
}
VIEWS = ["sea view", "marina view", "garden view", "skyline view", "courtyard view"]
TEAMS = {"Pearl Wharf": "Quayside team", "Lantern Bay": "Quayside team", "Saffron Gardens": "Garden team",
         "Oryx Park": "Park team"}
COLUMNS = ["listing_id", "title", "building", "community", "property_type", "listing_type", "bedrooms", "bathrooms",
           "area_sqft", "price_aed", "status", "furnishing", "view", "team", "listed_on"]


class Draws:
    """A linear congruential generator (the multiplier of Knuth's MMIX)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit

    def pick(self, values):
        return values[self.below(len(values))]


def listings():
    draws = Draws(SEED)
    sink = io.StringIO()
    rows = csv.writer(sink, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number in range(1, ROWS + 1):
        building, community, kind, sale, rent = draws.pick(BUILDINGS)
        bedrooms = draws.pick(list(AREAS[kind]))
        low, high = AREAS[kind][bedrooms]
        area = low + draws.below(high - low)
        for_sale = draws.below(100) < 60
        rate = (sale if for_sale else rent) * (92 + draws.below(17)) / 100
        step = 5000 if for_sale else 500
        price = round(area * rate / step) * step
        status = draws.pick(["active", "active", "active", "active", "under_offer", "sold" if for_sale else "rented"])
        view = draws.pick(VIEWS)
        size = "Office" if kind == "office" else "Studio" if bedrooms == 0 else f"{bedrooms}-bedroom {kind}"
        title = f"{size} in {building}, {view}"
        month, day = 1 + draws.below(9), 1 + draws.below(28)
        rows.writerow([
            f"HPR-{1000 + number}", title, building, community, kind, "sale" if for_sale else "rent",
            bedrooms, max(1, bedrooms), area, price, status,
            draws.pick(["unfurnished", "unfurnished", "semi_furnished", "furnished"]), view, TEAMS[community],
            f"2025-{month:02d}-{day:02d}",
        ])
    return sink.getvalue().encode()
