"""The texts of the example documents. Everything in them is made up for this project."""

from docx import DOCX
from pdf import PDF

FIRM = "Harbour & Palm Realty"


def service_charge_guide():
    pdf = PDF("Service Charge Guide 2025", FIRM)
    pdf.cover_title("Service Charge Guide 2025", f"{FIRM}, for owners and for our own teams")
    pdf.heading("1. What the service charge pays for")
    pdf.paragraph(
        "Every owner in a shared building pays a yearly service charge. It covers the running of everything that owners "
        "hold in common: lifts, lobbies, corridors, pools, gardens, security, cleaning, insurance of the structure and "
        "the fee of the managing company. It does not cover anything behind the front door of a unit."
    )
    pdf.paragraph(
        "The budget of a building is drawn up by its managing company, reviewed by the owners' committee in November and "
        "takes effect on 1 January. The charge is quoted in dirhams per square foot of the unit's net area and is billed "
        "in four equal instalments."
    )
    pdf.heading("2. Who pays")
    pdf.paragraph(
        "The service charge is always owed by the owner of the unit. When an apartment is let, the owner still pays the "
        "service charge; it may not be passed on to the tenant as a separate item. The tenant pays for cooling, "
        "electricity and water used inside the unit, and for the refundable access-card deposit of AED 300."
    )
    pdf.paragraph(
        "On a sale, the seller settles all charges up to the day of transfer. Our conveyancing desk asks the managing "
        "company for a clearance letter at least ten working days before the transfer. The letter costs AED 525 and is "
        "valid for 30 days."
    )
    pdf.items([
        "Owner: service charge, reserve fund contribution, insurance of the unit's fixtures.",
        "Tenant: utilities, contents insurance, access cards, moving permit.",
        "Seller: every instalment that fell due before the transfer date.",
        "Buyer: every instalment that falls due on or after the transfer date.",
    ])
    pdf.heading("3. How the charge of a unit is worked out")
    pdf.paragraph(
        "Multiply the net area of the unit in square feet by the rate of its building. Balconies count at half their "
        "area. Parking bays are charged at a flat AED 900 a year each, whatever their size."
    )
    pdf.paragraph(
        "Worked example: an apartment of 1,200 square feet in Coral Quay Tower, with a balcony of 100 square feet and one "
        "parking bay. Chargeable area is 1,200 + 50 = 1,250 square feet. At AED 16.40 per square foot this gives "
        "AED 20,500, and with the parking bay AED 21,400 a year, or AED 5,350 a quarter."
    )
    pdf.new_page()
    pdf.heading("4. Rates by building in 2025")
    pdf.paragraph("Rates in dirhams per square foot and year. The reserve share is part of the rate, not added to it.")
    pdf.table(
        ["Building", "Community", "Rate 2024", "Rate 2025", "Reserve share"],
        [
            ["Coral Quay Tower", "Pearl Wharf", "15.80", "16.40", "1.60"],
            ["Meridian Pier", "Pearl Wharf", "18.10", "18.95", "1.90"],
            ["Lantern Bay Residences", "Lantern Bay", "14.25", "14.25", "1.40"],
            ["Copper Dhow House", "Lantern Bay", "19.60", "20.30", "2.05"],
            ["Saffron Heights", "Saffron Gardens", "11.90", "12.15", "1.20"],
            ["Dune Garden Villas", "Saffron Gardens", "4.10", "4.35", "0.45"],
            ["Gazelle Court", "Oryx Park", "10.70", "10.50", "1.05"],
            ["Oryx Terrace", "Oryx Park", "3.85", "3.95", "0.40"],
        ],
        [30, 24, 15, 15, 19],
    )
    pdf.paragraph(
        "Gazelle Court is the only building whose rate fell: its cooling plant was replaced in 2024 and now needs about a "
        "quarter less electricity. Copper Dhow House has the highest rate because it is an office building with "
        "round-the-clock reception and cooling."
    )
    pdf.heading("5. Due dates")
    pdf.table(
        ["Instalment", "Covers", "Invoice sent", "Due"],
        [
            ["First", "January to March", "15 December", "15 January"],
            ["Second", "April to June", "15 March", "15 April"],
            ["Third", "July to September", "15 June", "15 July"],
            ["Fourth", "October to December", "15 September", "15 October"],
        ],
        [18, 32, 25, 25],
    )
    pdf.paragraph(
        "Owners who pay the whole year by 15 January receive a discount of 3 percent on the service charge. The discount "
        "does not apply to parking bays or to arrears."
    )
    pdf.new_page()
    pdf.heading("6. Late payment")
    pdf.paragraph(
        "An instalment that is not paid within 14 days of its due date is in arrears. The managing company then takes "
        "these steps, in this order:"
    )
    pdf.items([
        "Day 15: a reminder by e-mail and by letter, free of charge.",
        "Day 30: a second reminder with a handling fee of AED 150.",
        "Day 45: interest of 1 percent a month on the amount in arrears, counted from the due date.",
        "Day 60: pool, gym and guest parking are switched off for the access cards of the unit.",
        "Day 90: the file goes to the building's lawyer; the owner bears the cost.",
    ], numbered=True)
    pdf.paragraph(
        "Lifts, the front door, water and fire safety are never restricted. A tenant who loses the use of the pool or gym "
        "because the owner is in arrears may ask our letting desk to write to the owner."
    )
    pdf.heading("7. The reserve fund")
    pdf.paragraph(
        "The reserve fund is the building's savings account for large works that come round every ten to twenty years: "
        "facade, lifts, cooling plant, waterproofing. It is kept in a separate bank account and may not pay for running "
        "costs. The owners' committee must approve any withdrawal above AED 50,000 by a vote of two thirds of its members."
    )
    pdf.paragraph(
        "When a unit is sold, its share of the reserve fund stays with the building. The seller receives nothing back, "
        "and the buyer need not pay it again."
    )
    pdf.heading("8. Questions and disputes")
    pdf.paragraph(
        "An owner who doubts an invoice writes to the managing company within 30 days of the invoice date and names the "
        "line in doubt. The undisputed part stays payable. The managing company answers within 15 working days and opens "
        "the vouchers of that line. If the owner is still not satisfied, the owners' committee decides at its next meeting."
    )
    pdf.paragraph(
        "Our client care desk helps with the letter. It is open Monday to Friday from 9:00 to 18:00, and on Saturday "
        "from 10:00 to 14:00."
    )
    return pdf.bytes()


def tenancy_faq():
    pdf = PDF("Tenancy Questions and Answers", FIRM)
    pdf.cover_title("Tenancy Questions and Answers", f"{FIRM}, letting desk, edition of August 2025")
    pdf.heading("Before you sign")
    for question, answer in [
        ("What do I pay on the day I sign?",
         "A security deposit of 5 percent of the yearly rent for an unfurnished home, or 10 percent for a furnished one; "
         "the first rent cheque; and our letting fee of 5 percent of the yearly rent, with a minimum of AED 4,500."),
        ("In how many cheques may I pay the rent?",
         "Up to four post-dated cheques without a surcharge. Six cheques raise the yearly rent by 2 percent and twelve "
         "cheques by 5 percent. A direct debit from a local bank account counts like four cheques."),
        ("Which papers do you need from me?",
         "A copy of your passport and residence visa, your identity card, a salary certificate not older than 30 days and "
         "the bank statements of the last three months. Companies bring their trade licence and a signatory's power of "
         "attorney instead of the salary certificate."),
        ("May I hold a home before I sign?",
         "Yes. A holding deposit of AED 2,000 takes the home off the market for five days. It is set against the security "
         "deposit when you sign, and returned in full when the owner withdraws. If you withdraw, we keep half of it."),
    ]:
        pdf.heading(question, size=12)
        pdf.paragraph(answer)
    pdf.new_page()
    pdf.heading("While you live there")
    for question, answer in [
        ("Who repairs what?",
         "The tenant pays for any single repair up to AED 500, light bulbs and blocked drains. The owner pays for larger "
         "repairs and for the yearly service of the air conditioning, which must be done between March and May."),
        ("How fast must a cooling failure be repaired?",
         "From May to October the owner must send a technician within 24 hours. If the cooling is out for more than three "
         "days, the tenant may stay in a hotel of the same standard at the owner's cost, up to AED 450 a night."),
        ("May I keep a pet?",
         "One cat or one small dog of up to 10 kilograms is allowed where the building's rules allow it, against an extra "
         "deposit of AED 1,500. Pets are not allowed in Meridian Pier."),
        ("May I sublet or offer the home to holiday guests?",
         "Not without the owner's written consent. Holiday letting needs a permit in the owner's name as well. Subletting "
         "without consent is a ground for ending the contract at 30 days' notice."),
    ]:
        pdf.heading(question, size=12)
        pdf.paragraph(answer)
    pdf.heading("Renewing and leaving")
    for question, answer in [
        ("When must I say that I am leaving?",
         "Give written notice at least 60 days before the contract ends. Without notice the contract renews for one year "
         "at the same rent. The owner must announce a change of rent at least 90 days before the end."),
        ("May I leave early?",
         "Yes, after the first six months, with two months' notice and a compensation of two months' rent. The "
         "compensation falls away if we find a new tenant who starts within those two months."),
        ("When do I get my deposit back?",
         "Within 21 days of handing back the keys, less the cost of damage beyond normal wear and of unpaid utility "
         "bills. We inspect the home together and both sides sign the list."),
    ]:
        pdf.heading(question, size=12)
        pdf.paragraph(answer)
    return pdf.bytes()


def market_notes():
    pdf = PDF("Market Notes, Third Quarter 2025", FIRM)
    pdf.cover_title("Market Notes, Third Quarter 2025", f"{FIRM}, research desk")
    pdf.heading("Summary")
    pdf.paragraph(
        "The four communities that we cover had a busy summer. We counted 812 sales, 9 percent more than in the second "
        "quarter. Prices rose most in Pearl Wharf, where only one new building will be handed over before 2027. Rents in "
        "Saffron Gardens were flat for the first time in two years because 640 new apartments reached the market in July."
    )
    pdf.heading("Sales by community")
    pdf.table(
        ["Community", "Sales", "AED per sq ft", "Change on Q2", "Days on market"],
        [
            ["Pearl Wharf", "231", "2,105", "+4.2%", "34"],
            ["Lantern Bay", "268", "1,690", "+2.1%", "41"],
            ["Saffron Gardens", "197", "1,225", "+0.6%", "58"],
            ["Oryx Park", "116", "1,040", "-0.8%", "66"],
        ],
        [26, 14, 21, 21, 22],
    )
    pdf.paragraph(
        "Homes in Pearl Wharf sold fastest, after 34 days on average. Oryx Park is the only community where prices fell; "
        "buyers there wait for the metro extension, whose opening moved from early 2026 to the end of 2027."
    )
    pdf.heading("Rental yields")
    pdf.table(
        ["Community", "Studio", "1 bedroom", "2 bedrooms", "Villa or townhouse"],
        [
            ["Pearl Wharf", "6.4%", "6.0%", "5.6%", "-"],
            ["Lantern Bay", "6.9%", "6.3%", "5.9%", "-"],
            ["Saffron Gardens", "7.6%", "7.1%", "6.6%", "5.2%"],
            ["Oryx Park", "7.9%", "7.4%", "6.8%", "5.9%"],
        ],
        [24, 15, 18, 18, 29],
    )
    pdf.paragraph(
        "Yields are gross: a year's rent divided by the price, before service charge and vacancy. As a rule of thumb, the "
        "service charge costs an owner between 0.7 and 1.1 percentage points of yield."
    )
    pdf.new_page()
    pdf.heading("What is being built")
    pdf.items([
        "Meridian Pier, second tower (Pearl Wharf): 310 apartments, handover in June 2026.",
        "Lantern Bay Promenade (Lantern Bay): 24 shops and a clinic, handover in March 2026.",
        "Saffron Heights, phase three (Saffron Gardens): 420 apartments, handover in November 2026.",
        "Oryx Park School (Oryx Park): 1,400 places, opening in September 2026.",
    ])
    pdf.heading("Mortgages")
    pdf.paragraph(
        "Forty-three percent of our buyers used a mortgage, up from 38 percent a year ago. The typical fixed rate for three "
        "years was 4.19 percent in September. Banks asked residents for a down payment of 20 percent on a first home."
    )
    pdf.heading("What we expect")
    pdf.paragraph(
        "For the fourth quarter we expect prices in Pearl Wharf and Lantern Bay to rise by 1 to 2 percent and the other "
        "communities to stay level. The largest risk to this view is the 730 apartments that will be handed over in "
        "2026."
    )
    pdf.heading("How we count")
    pdf.paragraph(
        "Our figures come from sales and leases in which one of our teams took part, completed by the asking prices of "
        "our own listings. A price per square foot is the median of the quarter, not the mean, so that a few very dear "
        "homes do not move it."
    )
    return pdf.bytes()


def brokerage_policies():
    docx = DOCX()
    docx.title(f"{FIRM}: Brokerage Policies")
    docx.paragraph(
        "These policies bind everyone who works for the firm. The managing director's office keeps them and reviews them "
        "every January. Version 7, in force since 1 February 2025."
    )
    docx.heading("Commission")
    docx.heading("What we charge", 2)
    docx.paragraph(
        "On a sale the buyer pays a commission of 2 percent of the price. The seller pays 1 percent only when the listing "
        "is exclusive and includes staging. On a lease the tenant pays 5 percent of the yearly rent, at least AED 4,500."
    )
    docx.heading("How it is shared", 2)
    docx.paragraph("The agent's share of the commission depends on the commission earned since 1 January:")
    docx.table(
        ["Tier", "Commission earned in the year", "Agent's share"],
        [
            ["Bronze", "up to AED 300,000", "50%"],
            ["Silver", "AED 300,001 to AED 800,000", "55%"],
            ["Gold", "AED 800,001 to AED 1,500,000", "60%"],
            ["Platinum", "above AED 1,500,000", "68%"],
        ],
    )
    docx.paragraph(
        "A referral from a colleague of another team earns that colleague 20 percent of the agent's share. Shares are paid "
        "on the 28th of the month after the money has reached the firm's account."
    )
    docx.heading("Listings")
    docx.paragraph("A listing goes live only when its file holds all of these:")
    docx.items([
        "the title deed and the owner's identity document",
        "the listing agreement, signed by every owner",
        "a floor plan with the net area in square feet",
        "at least eight photographs taken by our own photographer",
        "the current service charge statement of the unit",
    ])
    docx.paragraph(
        "The price of a listing is checked against our last three sales in the same building. An asking price more than 12 "
        "percent above their average needs the approval of the team lead. Listings without a viewing in 45 days are "
        "reviewed with the owner."
    )
    docx.heading("Viewings and keys")
    docx.heading("Viewings", 2)
    docx.items([
        "Book the viewing in the system before confirming it to the client.",
        "Give a sitting tenant at least 24 hours' notice, in writing.",
        "Never let a client into a home alone, and never hand over keys.",
        "Write down the client's feedback on the same day.",
    ], numbered=True)
    docx.heading("Keys", 2)
    docx.paragraph(
        "Keys are kept in the key safe of the office and signed out for at most four hours. A lost key is reported to the "
        "office manager at once; the firm pays for the new lock, and the agent bears AED 400 of it from the second loss on."
    )
    docx.heading("Client money and anti-fraud")
    docx.paragraph(
        "No agent takes cash. Deposits are paid by cheque or transfer to the client account and are entered on the same "
        "working day. Every buyer's identity and source of funds are checked before an offer is passed on. A payment of "
        "AED 55,000 or more in cash, offered by anyone, is reported to the compliance desk within one working day."
    )
    docx.heading("Data protection")
    docx.paragraph(
        "Client data stays in the firm's systems. It is not copied to private telephones or messengers. Files of people "
        "who did not become clients are erased after 24 months; files of completed deals are kept for six years."
    )
    docx.heading("Complaints")
    docx.paragraph(
        "A complaint is acknowledged within one working day and answered within ten. The agent concerned does not handle "
        "it; the team lead does. A client who is not satisfied may ask the managing director's office to decide, which it "
        "does within another ten working days."
    )
    docx.heading("Working time and training")
    docx.paragraph(
        "Each agent takes 24 hours of training a year, at least six of them on compliance. New agents shadow a colleague "
        "for their first 15 viewings. Weekend duty rotates; each weekend worked gives one day off in the following week."
    )
    return docx.bytes()
