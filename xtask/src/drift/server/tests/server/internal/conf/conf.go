package conf

type Limits struct {
	Joins string `default:"30"`
	Mails string `default:"30"`
}

type Settings struct {
	Limits Limits
	Closed bool `json:"closed" default:"false"`
	Debug  bool
}
