/// The passwords that are tried first, among those long enough to pass the length rule, and the stems that
/// people lengthen to pass it. Kept small on purpose: rate limit and lockout do the rest.
enum CommonPasswords {
    static let plain = Set(words.map(PasswordRules.plain))
    static let folded = Set(words.map(PasswordRules.fold))

    /// Alphabet, digits and keyboard rows, forwards and backwards.
    static let runs: [String] = {
        let rows = [
            "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm",
            "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
            "q1w2e3r4t5y6u7i8o9p0", "azertyuiopqsdfghjklmwxcvbn", "1234567890qwertyuiop",
        ]
        return rows.flatMap { [$0, String($0.reversed())] }
    }()

    private static let words = [
        "password", "passwort", "motdepasse", "contraseña", "passw0rd", "password1", "password123", "passwordpassword",
        "mypassword", "newpassword", "changeme", "changemenow", "changeit", "letmein", "letmeinnow", "letmeinplease",
        "welcome", "welcome1", "welcomehome", "welcome2024", "welcome2025", "welcome2026", "administrator", "admin",
        "adminadmin", "admin123", "rootroot", "superuser", "superman", "batman", "spiderman", "starwars", "pokemon",
        "football", "baseball", "basketball", "liverpool", "manchester", "manchesterunited", "chelsea", "arsenal",
        "barcelona", "realmadrid", "iloveyou", "iloveyou1", "iloveyouforever", "iloveyousomuch", "loveyou", "princess",
        "sunshine", "butterfly", "monkey", "dragon", "shadow", "master", "michael", "jordan", "jennifer", "jessica",
        "charlie", "computer", "internet", "whatever", "trustno1", "freedom", "mustang", "corvette", "ferrari",
        "mercedes", "samsung", "google", "facebook", "instagram", "linkedin", "youtube", "minecraft", "playstation",
        "chocolate", "strawberry", "blueberry", "pineapple", "elephant", "dolphin", "unicorn", "summer", "winter",
        "spring", "autumn", "january", "february", "september", "october", "november", "december", "monday", "friday",
        "secret", "secretsecret", "topsecret", "default", "temporary", "temppassword", "qwerty", "qwertyuiop",
        "qwerty123", "qwerty12345", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "1qaz2wsx3edc",
        "qazwsxedc", "abc123", "abcd1234", "abcdefgh", "a1b2c3d4", "aa123456", "123456", "1234567890", "123456789012",
        "987654321", "111111", "000000", "121212", "123123", "112233", "123321", "654321", "666666", "696969",
        "correcthorsebatterystaple", "thequickbrownfox", "openthedoor", "openSesame", "abracadabra", "godisgood",
        "jesuschrist", "alhamdulillah", "bismillah", "inshallah", "mashallah", "habibi", "dubai", "dubai2024",
        "dubai2025", "dubai2026", "abudhabi", "emirates", "burjkhalifa", "realestate", "brokerage", "property",
        "testtesttest", "test1234", "testing", "demo1234", "guestguest", "useruser", "loginlogin", "accessaccess",
    ]
}
