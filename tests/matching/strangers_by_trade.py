"""Files that strangers to the product wrote, trade by trade: typos, units, jargon, both languages, columns left out.

`best`: the factory that a person of the trade would call first for each order.
"""

from tests.matching.strangers import Market

ZH_APPAREL_FREE_WORDS_WITH_TYPOS = Market(
    "zh apparel, free words with typos",
    """factory_id,name,description,moq,capacity_per_week,lead_time_days,unit_price_low,unit_price_high,currency,region
a1,濮院宏达羊毛衫厂,专做羊绒 羊毛衫，3针到14针电脑横机，可打样，小单100件起,100,1500,18,70,170,CNY,浙江桐乡
a2,石狮海纳服饰,冲锋衣 羽绒服 户外服装，压胶工艺,300,2000,35,120,260,CNY,福建
a3,诸暨大唐袜业,棉袜 船袜 运动袜，袜机168针,1000,30000,10,2,6,CNY,浙江
a4,广州牛仔城,牛仔裤 牛仔外套 水洗,300,4000,25,35,90,CNY,广东
a5,绍兴柯桥丝巾,真丝丝巾 数码印花,50,900,12,30,90,CNY,浙江
""",
    """order_id,title,description,quantity,due_on
o1,羊绒杉,山羊绒圆领，12G，男女款各半,260,2027-01-05
o2,冲锋衣,三合一冲锋衣 防水压胶,500,2027-02-05
o3,纯棉中筒袜,要求罗口不勒脚,5000,
o4,水洗牛仔直筒裤,重磅,800,2027-02-01
""",
    {"o1": "a1", "o2": "a2", "o3": "a3", "o4": "a4"},
)

EN_APPAREL_TYPOS_AND_JARGON = Market(
    "en apparel, typos and jargon",
    """factory_id,name,description,categories,moq,capacity_per_week,lead_time_days,currency
S1,Bluewave Swim,"swimsuits, bikinis and rashguards, recycled nylon",,200,1500,30,USD
S2,Kaiping Denim,"Jeans, denim jackets, enzyme & stone wash",,300,5000,28,USD
S3,Northpeak Outerwear,"Down jackets, parkas, ski wear; seam sealing",,300,1200,45,USD
S4,Everyday Basics,"tees, polos, hoodies, sweatshirts. 100% cotton & CVC",,100,20000,14,USD
S5,Silk Road Scarves,"silk scarves, shawls, digital printing, hand rolled hem",,50,800,15,USD
""",
    """order_id,title,description,quantity
1,Hoddies for uni society,heavyweight fleece hoodie 400gsm w/ embroidery,350
2,Puffer jkt,duck down puffer jackets mens,600
3,Bikini,two piece swimwear recycled polyamide,400
4,Sellvedge jeans,raw denim straight leg,500
5,Printed silk scarfs,90x90 cm twill,150
""",
    {"1": "S4", "2": "S3", "3": "S1", "4": "S2", "5": "S5"},
)

ZH_TOYS = Market(
    "zh toys",
    """factory_id,name,description,certifications,moq,lead_time_days,unit_price_low,unit_price_high,currency
t1,澄海积木王,塑料积木 拼装玩具 注塑,CCC;EN71,1000,25,8,40,CNY
t2,扬州娃娃厂,毛绒玩具 公仔 抱枕,EN71;CE,300,20,10,35,CNY
t3,云和木玩,木制玩具 榉木拼图 早教,FSC;EN71,200,30,15,60,CNY
t4,东莞合金车,合金车模 压铸 回力车,CCC,2000,40,9,30,CNY
t5,义乌气球,乳胶气球 派对用品,,5000,7,0.1,0.8,CNY
""",
    """order_id,title,description,certifications,quantity,target_unit_price,currency
甲,榉木拼图,幼儿园早教用，无漆,EN71,600,35,CNY
乙,兔子公仔,30cm短毛绒，刺绣眼睛,EN71,1500,18,CNY
丙,小颗粒积木,机甲系列 300 颗粒,CCC,3000,25,CNY
丁,1:64合金小汽车,,,5000,12,CNY
戊,生日气球,12寸 马卡龙色,,20000,0.3,CNY
""",
    {"甲": "t3", "乙": "t2", "丙": "t1", "丁": "t4", "戊": "t5"},
)

EN_TOYS = Market(
    "en toys",
    """factory_id,description,moq,capacity_per_week
brick,"ABS building blocks, injection moulding, 20 machines",1000,40000
plush,"soft toys, plushies, mascots",300,5000
wood,"wooden toys, puzzles, montessori, laser cutting",100,3000
board,"board games, playing cards, jigsaw puzzles, offset printing",500,20000
rc,"RC cars and drones, 2.4GHz",500,4000
""",
    """order_id,title,description,quantity
p1,mascot plushie,"octopus, 8 inch, minky",2000
p3,party card game,"110 cards, linen finish, tuck box",3000
p4,building bricks compatible w/ big brand,"1,200 pcs per set",5000
p5,remote controled buggy,1:16 4wd,1000
""",
    {"p1": "plush", "p3": "board", "p4": "brick", "p5": "rc"},
)

HOME_MIXED = Market(
    "home mixed",
    """factory_id,name,description,moq
h1,南通家纺,四件套 被套 床单 全棉缎纹,200
h2,Candle House,"soy candles, scented candles, glass jars",100
h3,Weave & Willow,"rattan baskets, seagrass storage baskets handwoven",100
h4,潍坊地毯,地毯 地垫 簇绒 印花,150
h5,Curtain Co 窗帘厂,blackout curtains 遮光窗帘 定型,100
""",
    """order_id,title,description,quantity
1,Duvet cover set,"cotton sateen 300TC, king size",500
2,香薰蜡烛,大豆蜡 200g 玻璃杯装,800
3,收纳篮,海草手工编织 三件套,300
4,Tufted rug,bathroom mat 50x80,600
5,Blackout drapes,pinch pleat,200
""",
    {"1": "h1", "2": "h2", "3": "h3", "4": "h4", "5": "h5"},
)

TABLEWARE_ZH_VS_EN_FACTORIES = Market(
    "tableware zh vs en factories",
    """factory_id,name,description,certifications,moq,lead_time_days
c1,Chaozhou Fine China,"bone china dinner sets, teapots, decal printing",LFGB;FDA,500,40
c2,Boshan Glass,"borosilicate glass cups, carafes, mouth blown",FDA,300,30
c3,Jieyang Steel,"stainless steel cutlery, 304, 18/10, mirror polish",LFGB,1000,25
c4,Anji Bamboo,"bamboo cutting boards, trays, bowls",FSC,200,20
c5,Liling Stoneware,"stoneware plates, reactive glaze bowls",FDA,500,45
""",
    """order_id,title,description,certifications,quantity,due_on
x1,骨瓷茶壶,金边 贴花,,600,2027-03-01
x2,高硼硅玻璃杯,人工吹制 双层,FDA,1000,2027-02-01
x3,不锈钢刀叉勺套装,304材质 镜面抛光,,2000,2027-02-10
x4,竹砧板,,FSC,500,2027-01-10
x5,窑变釉粗陶碗,,FDA,1200,2027-03-10
""",
    {"x1": "c1", "x2": "c2", "x3": "c3", "x4": "c4", "x5": "c5"},
)

LIGHTING = Market(
    "lighting",
    """factory_id,name,description,certifications,moq,unit_price_low,unit_price_high,currency
L1,古镇晶华,水晶吊灯 客厅大灯,CCC,20,400,3000,CNY
L2,Shenzhen Strip,"LED strip lights, COB strips, neon flex",CE;RoHS,500,1,6,USD
L3,Ningbo Solar Garden,"solar garden lights, path lights, IP65",CE,500,2,9,USD
L4,台灯之家,护眼台灯 学习灯 国AA,CCC;CE,200,40,160,CNY
L5,Paper Moon,"paper lanterns, rice paper shades",,100,1,5,USD
""",
    """order_id,title,description,certifications,quantity,target_unit_price,currency
1,学生护眼台灯,国AA级 无频闪,CCC,1000,90,CNY
2,LED stripe 5m,"24V COB, 320 leds/m",CE,2000,4.5,USD
3,酒店大堂水晶灯,直径1.2米,CCC,30,1800,CNY
4,太阳能草坪灯,IP65 暖光,CE,1500,35,CNY
""",
    {"1": "L4", "2": "L2", "3": "L1", "4": "L3"},
)

PROCESSES_AND_SYNONYMS_IN_COLUMNS = Market(
    "processes and synonyms in columns",
    """factory_id,categories,processes,materials,certifications,moq,capacity_per_week,lead_time_days,region
f1,t-shirts;polo shirt,cut and sew;screen print,cotton;organic cotton,GOTS,200,5000,20,Guangdong
f2,T恤,裁剪缝纫,涤纶,,200,5000,20,广东
f3,tee,cut & sew;embroidery,cotton,OEKO-TEX Standard 100,200,5000,20,Guangdong
f4,衬衫,裁缝,棉,GOTS,200,5000,20,浙江
""",
    """order_id,title,category,processes,materials,certifications,quantity,due_on
a,printed organic tees,T-shirt,screen printing,organic cotton,GOTS,400,2027-01-15
b,运动T恤,T恤,,聚酯纤维,,400,2027-01-15
c,logo tees,T shirts,embroidery,cotton,oeko-tex,400,2027-01-15
d,有机棉衬衫,衬衫,,有机棉,GOTS,400,2027-02-15
""",
    {"a": "f1", "b": "f2", "c": "f3", "d": "f4"},
)

SMALL_AND_LARGE_RUNS = Market(
    "small and large runs",
    """factory_id,categories,materials,moq,capacity_per_week,lead_time_days,unit_price_low,unit_price_high,currency
micro,mug,stoneware,24,150,21,6,11,USD
mid,mug,stoneware,300,3000,35,3,5,USD
giant,mug,stoneware,5000,60000,45,1.2,2,USD
""",
    """order_id,title,category,quantity,target_unit_price,currency,due_on
cafe,speckled mugs,mug,60,10,USD,2027-01-31
shop,speckled mugs,mug,900,4.5,USD,2027-02-10
chain,promo mugs,mug,40000,1.6,USD,2027-04-15
""",
    {"cafe": "micro", "shop": "mid", "chain": "giant"},
)

DATES_DECIDE = Market(
    "dates decide",
    """factory_id,categories,lead_time_days,capacity_per_week,moq
fast,hoodie,10,3000,100
normal,hoodie,30,3000,100
slow,hoodie,75,3000,100
""",
    """order_id,category,quantity,due_on
rush,hoodie,500,2026-12-10
""",
    {"rush": "fast"},
)

CURRENCIES_DIFFER = Market(
    "currencies differ",
    """factory_id,categories,moq,unit_price_low,unit_price_high,currency
yuan-cheap,blanket,100,28,45,CNY
dollar-dear,blanket,100,28,45,USD
""",
    """order_id,title,category,quantity,target_unit_price,currency
1,fleece throw,blanket,400,6,USD
2,珊瑚绒毯,毯子,400,40,CNY
""",
    {"1": "yuan-cheap", "2": "yuan-cheap"},
)

NAMES_ONLY_DISTRACTOR_WORDS = Market(
    "names only, distractor words",
    """factory_id,name,description
n1,Golden Mug Trading,We make cotton socks and leggings
n2,Sock Street Ceramics,"Hand-thrown coffee mugs and bowls, stoneware"
n3,灯笼裤厂,专业生产灯笼裤 休闲裤
n4,毛毛灯饰,台灯 落地灯 壁灯
""",
    """order_id,description,quantity
1,200 stoneware coffee mugs,200
2,500 pairs cotton socks,500
3,卧室壁灯 60 个,60
4,女士灯笼裤 300 条,300
""",
    {"1": "n2", "2": "n1", "3": "n4", "4": "n3"},
)

GIFT_SET_AND_LONG_TEXT = Market(
    "gift set and long text",
    """factory_id,description,moq
w1,"Women's dresses, blouses, skirts. Viscose, linen. Woven fabrics; small batch studio",50
w2,"Leather bags, wallets, belts",100
w3,"Caps, bucket hats, beanies with embroidery",100
w4,"Kids pyjamas and babywear in organic cotton interlock",200
""",
    """order_id,description,quantity
1,"Hi! We are a small brand from Berlin and look for somebody who
can sew about 120 linen midi dresses for summer 2027. We had bad luck with our last supplier (they usually make
bags). Boxes with our leather look logo are made elsewhere.",120
2,"baby rompers & pjs 0-24m, GOTS cotton",600
3,"5 panel caps, 3D puff embroidery",500
4,"vegetable tanned card wallets",300
""",
    {"1": "w1", "2": "w4", "3": "w3", "4": "w2"},
)

TRADES = (
    ZH_APPAREL_FREE_WORDS_WITH_TYPOS,
    EN_APPAREL_TYPOS_AND_JARGON,
    ZH_TOYS,
    EN_TOYS,
    HOME_MIXED,
    TABLEWARE_ZH_VS_EN_FACTORIES,
    LIGHTING,
    PROCESSES_AND_SYNONYMS_IN_COLUMNS,
    SMALL_AND_LARGE_RUNS,
    DATES_DECIDE,
    CURRENCIES_DIFFER,
    NAMES_ONLY_DISTRACTOR_WORDS,
    GIFT_SET_AND_LONG_TEXT,
)
