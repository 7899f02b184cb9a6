"""Markets as strangers write them: each case has one factory that is obviously the best for its order.

Cases are (name, columns of factories, rows, columns of orders, rows, the expected first factory of each order).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    name: str
    factories: str
    orders: str
    best: dict[str, str]


CHINESE_LISTS = Market(
    "chinese lists",
    """factory_id,name,categories,processes,materials,certifications,moq,capacity_per_week,lead_time_days,unit_price_low,unit_price_high,currency,region
甲,桐乡暖阳针织厂,毛衣;针织衫,横机针织,羊绒;羊毛,OEKO-TEX 100,100,800,20,80,160,CNY,浙江
乙,东莞快时尚制衣,T恤;卫衣,裁剪缝制,棉,BSCI,300,5000,15,18,45,CNY,广东
丙,德化白瓷坊,马克杯;盘子,注浆成型;釉烧,骨瓷;白瓷,,500,6000,35,6,20,CNY,福建
丁,汕头乐童玩具,毛绒玩具,毛绒缝制,短毛绒,EN71,1000,10000,25,12,30,CNY,广东
戊,中山亮堂灯饰,吊灯;台灯,灯具组装,铝;玻璃,CE,100,900,30,60,300,CNY,广东
""",
    """order_id,title,category,processes,materials,certifications,quantity,target_unit_price,currency,due_on
一,秋冬羊绒衫,毛衣,横机针织,羊绒,,300,128,CNY,2027-01-10
二,夏季纯棉短袖,T恤,,棉,,800,25,CNY,2027-01-20
三,咖啡店定制杯,马克杯,,,,1000,12,CNY,2027-02-10
四,圣诞毛绒熊,毛绒玩具,,,EN71,2000,20,CNY,2027-01-30
五,民宿吊灯,吊灯,,玻璃,,120,180,CNY,2027-02-01
""",
    {"一": "甲", "二": "乙", "三": "丙", "四": "丁", "五": "戊"},
)

ENGLISH_FREE_TEXT = Market(
    "english free text",
    """factory_id,description
K1,"Sweater mill. Flat knitting, 3 to 14 gauge, wool and cashmere pullovers and cardigans. MOQ 100, lead time 25 days."
T1,"We sew cotton T-shirts and hoodies, screen printing in house. Minimum order 300 pieces, 10,000 pcs per week."
M1,"Stoneware and porcelain mugs, slip casting and glost firing in our own kiln. MOQ 500."
P1,"Plush toys and stuffed animals, EN71 and CPSIA tested. Minimum order quantity 1000."
L1,"Pendant lights and desk lamps in brass and glass, UL listed. Small runs from 50 pieces."
""",
    """order_id,description,quantity
A,"Cashmere crew neck sweaters for a winter drop, 12 gauge if possible",200
B,"800 printed cotton tees for a music festival",800
C,"Ceramic coffee mugs for our cafe chain",1200
D,"Teddy bear soft toy for a children's brand",3000
E,"Glass pendant lamp for a boutique hotel",90
""",
    {"A": "K1", "B": "T1", "C": "M1", "D": "P1", "E": "L1"},
)

MIXED_LANGUAGES = Market(
    "orders in one language, factories in the other",
    """factory_id,name,description,categories,moq,lead_time_days
f-毛衫,,专业生产羊毛衫、羊绒衫，横机12针，起订量100件，交期20天,,,
f-tee,Sunny Tees,We make cotton T-shirts,T-shirt,200,14
f-瓷,,景德镇陶瓷厂，马克杯、餐盘，骨瓷,,300,40
f-plush,Happy Plush,"Stuffed toys, dolls and keychains",,500,30
f-灯,,台灯、吊灯、落地灯，铝合金灯体,,50,25
""",
    """order_id,title,description,quantity,due_on
1,wool sweater,Women's wool pullovers for a Scandinavian label,250,2027-02-15
2,纯棉T恤,公司团建文化衫，需要500件,500,2027-01-15
3,Bone china mugs,bone china mug with handle,600,2027-02-20
4,毛绒公仔,品牌吉祥物毛绒玩具,1500,2027-02-01
5,desk lamp,LED desk lamp with aluminium body,300,2027-01-31
""",
    {"1": "f-毛衫", "2": "f-tee", "3": "f-瓷", "4": "f-plush", "5": "f-灯"},
)

SAME_GOODS = Market(
    "all make the goods, one fits the rest",
    """factory_id,categories,materials,certifications,moq,capacity_per_week,lead_time_days,unit_price_low,unit_price_high,currency
fits,T-shirt,cotton,OEKO-TEX 100,300,3000,20,4,7,USD
too-big,T-shirt,cotton,OEKO-TEX 100,5000,50000,20,3,5,USD
too-late,T-shirt,cotton,OEKO-TEX 100,300,3000,90,4,7,USD
too-dear,T-shirt,cotton,OEKO-TEX 100,300,3000,20,15,25,USD
uncertified,T-shirt,cotton,BSCI,300,3000,20,4,7,USD
too-small,T-shirt,cotton,OEKO-TEX 100,10,20,20,4,7,USD
silent,T-shirt,,,,,,,,
""",
    """order_id,title,category,materials,certifications,quantity,target_unit_price,currency,due_on
only,organic tee,T-shirt,cotton,OEKO-TEX 100,500,6,USD,2026-12-27
""",
    {"only": "fits"},
)

MARKETS = (CHINESE_LISTS, ENGLISH_FREE_TEXT, MIXED_LANGUAGES, SAME_GOODS)
