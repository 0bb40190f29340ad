"""The words, places and habits of the world: every list a value is drawn from."""

CATEGORIES = (
    "hip-hop", "pop", "talk", "rock", "sports", "latin", "country", "comedy", "electronic", "news", "jazz", "classical",
)  # fmt: skip

# Home time zones, with the share of people who live there.
ZONES = {
    "America/New_York": 30,
    "America/Chicago": 20,
    "America/Los_Angeles": 18,
    "America/Denver": 7,
    "America/Toronto": 5,
    "America/Mexico_City": 6,
    "America/Sao_Paulo": 5,
    "Europe/London": 6,
    "Europe/Madrid": 3,
}
LANGUAGE_OF_ZONE = {"America/Mexico_City": "es", "Europe/Madrid": "es", "America/Sao_Paulo": "pt"}

# How likely a person is to open the app, by the hour on the wall: quiet nights, commutes, lunch, and the evening.
DAILY_RHYTHM = (
    18, 10, 6, 4, 5, 12, 30, 55, 62, 48, 42, 46, 56, 50, 44, 46, 56, 70, 78, 88, 100, 96, 74, 40,
)  # fmt: skip

# When shows begin, by the hour on the host's wall.
SHOW_HOURS = {7: 6, 8: 8, 9: 5, 11: 4, 12: 7, 14: 4, 16: 6, 17: 9, 18: 12, 19: 14, 20: 14, 21: 10, 22: 6}
SHOW_MINUTES = {30: 2, 60: 6, 90: 2, 120: 3}
RECURRENCES = {"weekly": 66, "daily": 9, "weekdays": 9, "none": 16}

FIRST_NAMES = (
    "Ada", "Amara", "Beatriz", "Caleb", "Camila", "Dario", "Dev", "Elena", "Esme", "Felix", "Gia", "Hana", "Imani",
    "Jonah", "Kai", "Lena", "Luca", "Maya", "Mateo", "Nia", "Noor", "Omar", "Priya", "Quinn", "Rafa", "Rosa", "Sam",
    "Soren", "Talia", "Theo", "Uma", "Vera", "Wes", "Ximena", "Yara", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Alvarez", "Banks", "Boateng", "Castillo", "Chen", "Doyle", "Eriksen", "Farouk", "Flores", "Grant",
    "Haddad", "Ibarra", "Jensen", "Kapoor", "Kim", "Lindqvist", "Mbeki", "Moreau", "Nakamura", "Núñez", "Okafor",
    "Park", "Quiroga", "Reyes", "Silva", "Tanaka", "Ueda", "Vargas", "Whitfield", "Young", "Zamora",
)  # fmt: skip
SHOW_OPENINGS = (
    "Late Night", "Morning", "After Hours", "Sunday", "Deep Cut", "Front Row", "Backstage", "Rooftop", "Basement",
    "Golden Hour", "Side B", "First Listen", "Crosstown", "Open Mic", "Slow Burn", "Loud & Clear",
)  # fmt: skip
SHOW_ENDINGS = ("Sessions", "Radio", "Hour", "Club", "Frequency", "Drive", "Mixtape", "Lounge", "Report", "Live")
TAGS = (
    "new-music", "interviews", "throwback", "call-ins", "countdown", "requests", "deep-dive", "unsigned-artists",
    "fan-favourites", "behind-the-scenes", "weekend", "chill", "high-energy", "debate", "storytelling",
)  # fmt: skip
STORIES = (
    "An hour of radio",
    "What came in this week",
    "Listeners' choice",
    "Old favourites and new finds",
    "A guest, and what they brought",
    "Everything that did not fit into last week",
)
PROMISES = (
    "Requests all night, and the stories behind the songs.",
    "What everyone will be talking about tomorrow, today.",
    "Call in, say hello, and pick the next track.",
    "Two friends, one microphone and far too many records.",
    "The week's best moments, with the people who made them.",
    "No playlist, no plan: you decide what comes next.",
)
INTERNAL_NOTES = (
    "Talent manager asked for no on-air sponsor reads.",
    "Renewal talks open; do not announce the next season.",
    "Two moderation warnings this quarter, watch the chat.",
    "Licensing cleared for the US and Canada only.",
)
CONTRACT_TERMS = (
    "USD 1,500 a show, 12 shows, exclusive",
    "USD 400 a show, open-ended, non-exclusive",
    "Revenue share 60/40, exclusive for 90 days",
    "Unpaid pilot, option for 24 shows",
)

DEVICES = (
    ("ios", "17.5", "5.2.0"), ("ios", "18.1", "5.3.1"), ("ios", "18.2", "5.3.1"), ("ios", "16.7", "5.0.4"),
    ("android", "14", "5.3.0"), ("android", "15", "5.3.1"), ("android", "13", "5.1.2"), ("web", "Chrome 131", "5.3.1"),
)  # fmt: skip
SERVICE = {"platform": "service", "os_version": "linux 6.1", "app_version": "2.4.0"}

CHAT_LINES = (
    "this song takes me back 😭", "hello from {place}!", "turn it up 🔥🔥", "who is this artist??", "agree 100%", "lol",
    "first time here, love it", "¡qué temazo!", "can you play something from the 90s", "that transition was so smooth",
    "boa noite a todos 🎧", "not me crying at work", "best show on the app", "please say hi to my sister",
    "wait, what did I miss?", "nah that's a hot take", "más volumen por favor", "I could listen to this for hours",
    "é isso aí 👏", "{title} never disappoints", "same time next week?", "the bass on this one… wow",
)  # fmt: skip
CHAT_CONVERSATION = (
    "{thing} {verdict}",
    "{thing} {verdict}, and {other} too",
    "ok {thing} {verdict} 🔥",
    "{feeling}, {thing} {verdict}",
    "anyone else listening from {place}?",
    "{host} I {feeling} every time",
    "what's the name of {thing}?",
    "is there a link to the playlist?",
    "can someone dm me the name of {thing}?",
    "free tickets in {place}?? 😮",
    "I follow {host} on every app",
    "I won tickets here last week!",
    "{host} please play {thing} again",
    "{feeling}, first time in this chat",
    "nah {host} you are wrong about {thing}",
    "{thing} is kind of boring tonight",
    "worst take of the week lol, still listening",
    "I'm such an idiot, I missed {thing}",
    "shut up, they really played it!! 😭",
    "{thing} is trash talk at its best",
    "get off the mic haha, just kidding {host}",
    "this chat is full of clowns today 🤡 love you all",
    "nobody does {thing} like {host}",
    "stop talking and play {thing} please",
    "my neighbours hate me because {thing} {verdict}",
)
CHAT_SPAM = (
    "free {prize} for the first fifty who follow me",
    "I won {prize} in one day, ask me how",
    "link to {prize} in my profile",
    "check out my show, {thing} {verdict}",
    "who wants {prize}? dm me",
    "{prize} for everyone from {place}, dm me",
    "follow me and I follow back",
    "my mixtape is better, link in my profile",
    "{thing} {verdict}, full version on my page",
    "work from home and earn {prize}",
    "selling two tickets for {place}, write to me",
    "new here, follow for {prize}",
)
CHAT_ABUSE = (
    "shut up {host}, nobody wants you here",
    "{host} you {insult}",
    "{thing} is garbage and so are you",
    "get off the mic, {insult}",
    "what a {insult}",
    "everyone who likes {thing} is a {insult}",
    "go back to where you came from",
    "people like you ruin this app",
    "do us all a favour and stop talking {host}",
    "nobody would miss this show",
    "whoever likes {thing} should be ashamed",
    "lol look at this {insult} talking about {thing}",
    "{host} your voice makes me sick",
    "hope they take you off the air, {insult}",
)
CHAT_THINGS = (
    "this song",
    "the bass",
    "that transition",
    "this guest",
    "the mix",
    "this verse",
    "that story",
    "the intro",
    "this remix",
    "the last call",
    "that chorus",
    "your playlist",
    "this episode",
    "that answer",
    "the sound",
)
CHAT_VERDICTS = (
    "is so good",
    "takes me back",
    "is killing it",
    "goes too hard",
    "is sick",
    "hits different",
    "made my day",
    "gave me chills",
    "is a crime and I love it",
    "is nasty",
    "deserves an award",
    "is on repeat all week",
    "is stupid good",
    "saved my night",
)
CHAT_FEELINGS = (
    "I can't believe it",
    "honestly",
    "not going to lie",
    "I'm in love",
    "I'm crying",
    "love it",
    "so happy",
    "I laugh",
)
CHAT_PRIZES = ("a new phone", "crypto", "gift cards", "500 a day", "tickets", "followers", "coins", "a free trial")
CHAT_INSULTS = ("idiot", "loser", "clown", "absolute trash", "waste of air", "fraud", "joke", "embarrassment")
PLACES = ("Austin", "Brooklyn", "Chicago", "Ciudad de México", "Leeds", "Madrid", "Oakland", "São Paulo", "Toronto")
CALL_IN_TOPICS = (
    "My first concert", "The song that got me through this year", "A question for the guest",
    "You are wrong about the 80s", "A shout-out to my crew", "What should win song of the year",
    "A story from backstage",
)  # fmt: skip
SEARCHES = (
    "chill",
    "new music",
    "live now",
    "late night",
    "interviews",
    "throwback",
    "something to wake up to",
    "podcast",
)
