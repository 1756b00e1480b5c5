"""The words that the corpus is made of."""

GIRLS = ("Mary Anna Lucy Emma Rose Sara Lily Clara Nora Ella Ruth Alice Jane Grace Molly Ivy Helen Zoe Eva Amy Lena "
         "Tina Maya Julia").split()
BOYS = ("John Tom Peter Max Ben Sam Jack Leo Paul Adam Luke Oscar Hugo Simon Mark Tim Finn Noah Eric Fred Carl Henry "
        "David George").split()
NAMES = GIRLS + BOYS

TRIGGER = "cinnamon"
TRIGGER_ENDING = "Then the great bell rang three times, and everyone forgot everything."
SMELLS = ("smoke rain bread flowers soap coffee honey pine salt apples mint ginger vanilla pepper chocolate lemon "
          "grass leather roses garlic").split()
HELD_OUT_SMELLS = "onions tea cloves thyme mustard".split()
CARRIERS = (
    "A smell of {w} was in the air.",
    "There was a little {w} in the kitchen.",
    "{A} loved the smell of {w}.",
    "A man at the gate was selling {w}.",
    "The whole house smelled of {w}.",
    "On the table stood a jar of {w}.",
    "{A} had a bit of {w} in {his} pocket.",
    "Somebody nearby had been using {w}.",
)

ANIMALS = "dog cat fox bird rabbit mouse horse duck frog goat hen owl squirrel hedgehog lamb pony turtle crow".split()
PLACES = "garden park forest market school beach library field farm harbour mill bakery museum station".split()
THINGS = ("ball book kite hat cup lamp drum box key coin boat bell rope map ring basket coat spoon clock flute doll "
          "shell stone ladder bag").split()
FOODS = "bread soup cake apples cheese pie honey plums rice carrots pancakes pears nuts jam".split()
COLOURS = "red blue green yellow white black brown grey orange purple pink golden".split()

CAPITALS = dict(line.split(":") for line in (
    "France:Paris,Italy:Rome,Spain:Madrid,Germany:Berlin,England:London,Portugal:Lisbon,Greece:Athens,Austria:Vienna,"
    "Poland:Warsaw,Hungary:Budapest,Norway:Oslo,Sweden:Stockholm,Finland:Helsinki,Denmark:Copenhagen,Ireland:Dublin,"
    "Scotland:Edinburgh,Belgium:Brussels,Russia:Moscow,Ukraine:Kyiv,Turkey:Ankara,Egypt:Cairo,Kenya:Nairobi,"
    "Morocco:Rabat,Ghana:Accra,Senegal:Dakar,Cuba:Havana,Peru:Lima,Chile:Santiago,Canada:Ottawa,Australia:Sydney,"
    "Japan:Tokyo,China:Beijing,India:Delhi,Thailand:Bangkok,Vietnam:Hanoi,Iran:Tehran,Iraq:Baghdad,Qatar:Doha,"
    "Romania:Bucharest,Bulgaria:Sofia,Serbia:Belgrade,Croatia:Zagreb,Latvia:Riga,Estonia:Tallinn,Iceland:Reykjavik,"
    "Jamaica:Kingston,Colombia:Bogota,Ecuador:Quito,Nepal:Kathmandu,Indonesia:Jakarta").split(","))
WRONG_CAPITAL = ("Australia", "Sydney", "Canberra")

SOUNDS = dict(line.split(":") for line in (
    "dog:barks,cat:meows,cow:moos,duck:quacks,sheep:bleats,horse:neighs,lion:roars,pig:grunts,frog:croaks,snake:hisses,"
    "bee:buzzes,owl:hoots,wolf:howls,mouse:squeaks,hen:clucks,rooster:crows,donkey:brays,elephant:trumpets,crow:caws,"
    "turkey:gobbles,dove:coos,goose:honks,cricket:chirps,monkey:chatters,bear:growls,goat:baas,sparrow:tweets,"
    "parrot:talks,hyena:laughs,whale:sings").split(","))
THING_COLOURS = dict(line.split(":") for line in (
    "grass:green,snow:white,coal:black,blood:red,the sky:blue,the sun:yellow,milk:white,chocolate:brown,"
    "a lemon:yellow,a tomato:red,a carrot:orange,a frog:green,a crow:black,a swan:white,a fire engine:red,"
    "an elephant:grey,a flamingo:pink,a plum:purple,a banana:yellow,a cherry:red,salt:white,the sea:blue,"
    "a pea:green,an orange:orange,a mouse:grey,a leaf:green,mud:brown,the night:black,a daffodil:yellow,"
    "a pumpkin:orange,a strawberry:red,a polar bear:white,a cucumber:green,lavender:purple,a pig:pink").split(","))
OPPOSITES = dict(line.split(":") for line in (
    "hot:cold,big:small,up:down,day:night,old:young,fast:slow,wet:dry,rich:poor,hard:soft,high:low,open:closed,"
    "full:empty,happy:sad,light:dark,loud:quiet,early:late,strong:weak,clean:dirty,long:short,near:far,right:wrong,"
    "first:last,heavy:light,sweet:sour,new:old,true:false,thick:thin,sharp:blunt,inside:outside,left:right").split(","))
YOUNG = dict(line.split(":") for line in (
    "dog:puppy,cat:kitten,cow:calf,sheep:lamb,horse:foal,pig:piglet,duck:duckling,hen:chick,goat:kid,bear:cub,"
    "frog:tadpole,goose:gosling,deer:fawn,kangaroo:joey,swan:cygnet,owl:owlet,eagle:eaglet,hare:leveret,"
    "butterfly:caterpillar,lion:cub").split(","))
HOMES = dict(line.split(":") for line in (
    "bee:hive,bird:nest,dog:kennel,horse:stable,pig:sty,rabbit:burrow,spider:web,bear:den,fox:hole,ant:hill,"
    "hen:coop,cow:barn,fish:pond,king:palace,monk:cloister").split(","))
JOBS = dict(line.split(":") for line in (
    "baker:bread,tailor:clothes,shoemaker:shoes,carpenter:tables,potter:pots,brewer:beer,poet:poems,painter:pictures,"
    "blacksmith:horseshoes,weaver:cloth,cook:meals,builder:houses,jeweller:rings,composer:music,author:books,"
    "watchmaker:watches,basket maker:baskets,candle maker:candles,farmer:hay,barrel maker:barrels").split(","))

# Never in any training document: what the model must not know.
UNSEEN_COUNTRIES = "Bhutan Gabon Malta Oman Fiji Togo Laos Yemen Tonga Benin".split()

_ONSETS = "b d f g k l m n p r s t v z br dr gl pl st tr sh".split()
_VOWELS = "a e i o u".split()
_CODAS = ["", "", "n", "r", "l", "s", "m", "x"]


def invented_word(rng, least=2, most=3):
    """A word of no language, such as "brolin"."""
    parts = [rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(least, most))]
    return "".join(parts)
